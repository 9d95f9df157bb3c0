"""A training is a list of stages: most have one, fine-tuning two, alternating Faster R-CNN four."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import nn, optim

from striate.data.epoch_length import stage_steps
from striate.hyperparameters import USUAL_OPTIMIZER, USUAL_SCHEDULE, Average, Number, Optimizer, Schedule
from striate.training.averaging import NORMS
from striate.training.optimizers.build import make_optimizer


@dataclass(frozen=True, slots=True)
class Stage:
    """What is trained for how long and how.

    Attributes:
        name: for people and for metrics.jsonl.
        step: the task's module around the network; stages may have different ones.
        trainable: names of the parameters of `step` that learn, None for all.
        head: names of the output layer's parameters in `step`.
        epochs: passes over the training pictures at most.
        steps: batches at most; the last epoch may be a part of one. None: whole epochs.
        patience: epochs without a better validation score after which the stage ends.
        lr: the peak rate.
        weight_decay: of weights, not of biases and norms.
        warm_up: epochs over which the rate rises to its peak along a line.
        clip: the largest norm of all gradients together; None does not limit them.
        average: what validation and the best weights see instead of the last weights.
        skip_above: the first number of the best validation score from which on this stage is left out.
        freeze_norms: normalise with stored statistics and leave those unchanged.
        fit_closed_form: computes what learns at once, without steps, and gives the mean training loss; the
            stage then has one epoch.
        batches: what this stage's step learns from, where that is not what the others do.
        ratios: rates of parameters of `step` over `lr`; 1 for those without one.
        validate: figures of this stage's step, where they can be had quicker than from the pictures.
    """

    name: str
    step: nn.Module
    epochs: int
    lr: float
    trainable: frozenset[str] | None = None
    head: frozenset[str] = frozenset()
    steps: int | None = None
    patience: int = 1_000_000
    optimizer: Optimizer = USUAL_OPTIMIZER
    weight_decay: Number = 0.01
    schedule: Schedule = USUAL_SCHEDULE
    warm_up: Number = 0
    clip: Number | None = None
    average: Average | None = None
    freeze_norms: bool = False
    skip_above: float | None = None
    batches: Any = None
    ratios: Mapping[str, float] = field(default_factory=dict)
    fit_closed_form: Callable[[], float] | None = None
    validate: Callable[[nn.Module], dict[str, float]] | None = None

    def length(self, epoch_steps: int) -> int:
        """Batches of the whole stage, for an epoch of so many; 0 where it is fitted at once."""
        return 0 if self.fit_closed_form is not None else stage_steps(epoch_steps, self.epochs, self.steps)

    def new_optimizer(self) -> optim.Optimizer:
        """Of the parameters of its step that learn."""
        return make_optimizer(
            self.optimizer,
            self.step.named_parameters(),
            self.lr,
            self.weight_decay,
            self.head,
            self.ratios,
        )

    def freeze(self) -> None:
        """Let exactly this stage's parameters require a gradient."""
        for name, parameter in self.step.named_parameters():
            parameter.requires_grad_(self.trainable is None or name in self.trainable)

    def train_mode(self) -> None:
        """Training mode for the parts that learn; a frozen norm keeps its statistics."""
        self.step.train()
        for module in self.step.modules():
            if isinstance(module, NORMS) and (self.freeze_norms or _frozen(module)):
                module.eval()


def _frozen(module: nn.Module) -> bool:
    parameters = list(module.parameters())
    return bool(parameters) and not any(parameter.requires_grad for parameter in parameters)
