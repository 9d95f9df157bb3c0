"""The loop: every kind of training goes through here, and it reads from top to bottom.

Targets, matching and auxiliary outputs are the step's, precision and devices are the fabric's, saving and
progress are the recorder's.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol, runtime_checkable

import torch
from torch import nn

from striate.data.sample import Batch
from striate.errors import WorkFailed
from striate.training.fabric import Fabric
from striate.training.optimizers import make_optimizer, restore_optimizer
from striate.training.position import Position
from striate.training.recorder import Recorder
from striate.training.schedules import SCHEDULES
from striate.training.stages import Stage

Validate = Callable[[nn.Module], dict[str, float]]


@runtime_checkable
class Batches(Protocol):
    """The training pictures: as many batches in every epoch, in an order that the epoch's number decides."""

    def __len__(self) -> int: ...

    def epoch(self, number: int, first: int = 0) -> Iterator[Batch]:
        """The batches of epoch `number`, from batch `first` on."""
        ...


def fit(
    fabric: Fabric,
    stages: Sequence[Stage],
    batches: Batches,
    validate: Validate,
    recorder: Recorder,
    saved: dict[str, Any] | None = None,
) -> None:
    """Train through all stages, from the beginning or from what a checkpoint `saved`.

    Args:
        fabric: device and precision.
        stages: what to train, in order; all steps share the recorder's network.
        batches: the training pictures.
        validate: figures of a step on the validation pictures.
        recorder: knows the position, the best weights and when to save.
        saved: the content of a checkpoint, whose weights the network already has.

    Raises:
        WorkFailed: the loss is no longer finite, or the disk is full.
    """
    position = recorder.position
    while position.stage < len(stages):
        stage = stages[position.stage]
        stage.freeze()
        optimizer = make_optimizer(stage.optimizer, stage.step.parameters(), stage.lr, stage.weight_decay)
        step, optimizer = fabric.setup(stage.step, optimizer)
        if saved is not None:
            if saved["optimizer"] is not None:  # None between two stages
                restore_optimizer(optimizer.optimizer, saved["optimizer"])
            torch.set_rng_state(saved["rng"])
            saved = None
        recorder.stage_started(stage, optimizer.optimizer)
        while position.epoch < stage.epochs and position.stale < stage.patience:
            train_epoch(fabric, stage, step, optimizer, batches, recorder)
            stage.step.eval()
            recorder.epoch_ended(validate(step))
        recorder.stage_ended()


def train_epoch(
    fabric: Fabric, stage: Stage, step: nn.Module, optimizer: Any, batches: Batches, recorder: Recorder
) -> None:
    """The rest of the epoch in which the recorder's position stands."""
    position: Position = recorder.position
    position.loss_sum = position.loss_sum.to(fabric.device, _exact(fabric.device))
    schedule, steps = SCHEDULES[stage.schedule], stage.epochs * len(batches)
    stage.train_mode()
    for batch in batches.epoch(position.epochs_done, first=position.step):
        done = (position.epoch * len(batches) + position.step) / steps
        for group in optimizer.param_groups:
            group["lr"] = stage.lr * schedule(done)
        losses = step(batch.to(fabric.device))
        optimizer.zero_grad()
        fabric.backward(losses.total)
        optimizer.step()
        # No .item(): it would wait for the GPU.
        position.loss_sum += losses.total.detach().to(position.loss_sum.dtype) * len(batch)
        position.pictures += len(batch)
        position.step += 1
        recorder.step_ended(len(batches))
    if not torch.isfinite(position.loss_sum):
        raise WorkFailed(
            f"the training loss is no longer finite in epoch {position.epochs_done + 1} of stage "
            f"'{stage.name}' (peak rate {stage.lr:g}). "
            "Try a smaller --lr; the weights of the best epoch so far are kept."
        )


def _exact(device: torch.device) -> torch.dtype:
    return torch.float32 if device.type == "mps" else torch.float64  # Apple's GPUs have no float64
