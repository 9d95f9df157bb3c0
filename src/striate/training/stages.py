"""A training is a list of stages: most have one, fine-tuning two, alternating Faster R-CNN four."""

from dataclasses import dataclass

from torch import nn

NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)


@dataclass(frozen=True, slots=True)
class Stage:
    """What is trained for how long and how.

    Attributes:
        name: for people and for metrics.jsonl.
        step: the task's module around the network; stages may have different ones.
        trainable: names of the parameters of `step` that learn, None for all.
        epochs: passes over the training pictures at most.
        patience: epochs without a better validation score after which the stage ends.
        optimizer: a name of `OPTIMIZERS`.
        lr: the peak rate.
        weight_decay: of weights, not of biases and norms.
        schedule: a name of `SCHEDULES`.
        freeze_norms: normalise with stored statistics and leave those unchanged.
    """

    name: str
    step: nn.Module
    epochs: int
    lr: float
    trainable: frozenset[str] | None = None
    patience: int = 1_000_000
    optimizer: str = "adamw"
    weight_decay: float = 0.01
    schedule: str = "one_cycle"
    freeze_norms: bool = False

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
