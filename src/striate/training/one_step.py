"""One step of an optimiser: the loop trains with it, the pace times it, the range test tries rates on it."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from striate.data.sample import Batch
from striate.hyperparameters import Number
from striate.training.devices.depthwise import QuickDepthwise
from striate.training.devices.fabric import Fabric, gathered, to_exact
from striate.training.devices.memory import enough_memory
from striate.training.optimizers.build import set_rate


class Seen(NamedTuple):
    """What all processes together have seen in a step.

    Attributes:
        loss_sum: the sum of the pictures' losses.
        pictures: how many pictures that are.
        parts: the same sum of every other field of the losses, by its name.
    """

    loss_sum: Tensor
    pictures: int
    parts: dict[str, Tensor]


@dataclass(frozen=True, slots=True)
class OneStep:
    """Takes steps with one module and one optimiser, both set up by the fabric.

    Attributes:
        clip: the largest norm of all gradients together; None does not limit them.
    """

    fabric: Fabric
    step: nn.Module
    optimizer: Any
    clip: Number | None = None

    def take(self, batch: Batch, rate: float | None = None) -> Seen:
        """Forward, backward, and the weights move once.

        Args:
            batch: of this process.
            rate: the optimiser's from this step on; None leaves it.

        Raises:
            WorkFailed: the memory does not suffice for this batch.
        """
        if rate is not None:
            set_rate(self.optimizer, rate)
        with enough_memory(batch):
            with QuickDepthwise():
                losses = self.step(batch.to(self.fabric.device))
            loss = losses.total
            loss_sum, pictures, share = gathered(self.fabric, loss, len(batch))
            self.optimizer.zero_grad()
            self.fabric.backward(loss if share == 1.0 else loss * share)
            if self.clip is not None:
                self.fabric.clip_gradients(
                    self.step, self.optimizer, max_norm=self.clip, error_if_nonfinite=False
                )
            self.optimizer.step()
            parts = _parts(self.fabric, losses, len(batch))
        return Seen(loss_sum, pictures, parts)


def _parts(fabric: Fabric, losses: Any, count: int) -> dict[str, Tensor]:
    """Sums over the pictures of all processes of what the losses hold beside their total."""
    own = {
        name: to_exact(value.detach()) * count
        for name, value in losses._asdict().items()
        if name != "total" and isinstance(value, Tensor)
    }
    if fabric.world_size == 1 or not own:
        return own
    summed: Any = fabric.all_reduce(torch.stack(list(own.values())), reduce_op="sum")
    return dict(zip(own, summed, strict=True))
