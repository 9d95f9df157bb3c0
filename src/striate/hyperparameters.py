"""The words of a training protocol as frozen data: optimisers, schedules of the rate, averages of weights.

Recipes (in `tasks`) are written in them and `training` carries them out; a run's `config.toml` holds them as
tables. Defaults are the usual ones; what a paper has otherwise, its recipe says.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Literal

from striate.errors import UnknownName

Number = float | int
Unit = Literal["steps", "epochs", "stage"]


@dataclass(frozen=True, slots=True)
class Sgd:
    """Gradient descent with momentum (0.9 in AlexNet, VGG, GoogLeNet and ResNet)."""

    name: ClassVar[str] = "sgd"
    usual_lr: ClassVar[float] = 0.05
    momentum: Number = 0.9
    nesterov: bool = False


@dataclass(frozen=True, slots=True)
class RmsProp:
    """Steps over a running root mean square of the gradients; torch's defaults (Keras: 0.9 and 1e-7)."""

    name: ClassVar[str] = "rmsprop"
    usual_lr: ClassVar[float] = 1e-3
    alpha: Number = 0.99
    eps: Number = 1e-8
    momentum: Number = 0.0


@dataclass(frozen=True, slots=True)
class Adadelta:
    """Step sizes of every parameter's own, so no rate to tune (ConvNetJS: rho 0.95, eps 1e-6)."""

    name: ClassVar[str] = "adadelta"
    usual_lr: ClassVar[float] = 1.0
    rho: Number = 0.95
    eps: Number = 1e-6


@dataclass(frozen=True, slots=True)
class Adam:
    """Two moments; weight decay is added to the gradient."""

    name: ClassVar[str] = "adam"
    usual_lr: ClassVar[float] = 1e-3
    beta1: Number = 0.9
    beta2: Number = 0.999
    eps: Number = 1e-8


@dataclass(frozen=True, slots=True)
class AdamW:
    """Adam whose weight decay is apart from the gradient."""

    name: ClassVar[str] = "adamw"
    usual_lr: ClassVar[float] = 2e-3
    beta1: Number = 0.9
    beta2: Number = 0.999
    eps: Number = 1e-8


@dataclass(frozen=True, slots=True)
class Lamb:
    """Adam whose step in every layer is as long as the layer's weights, for large batches."""

    name: ClassVar[str] = "lamb"
    usual_lr: ClassVar[float] = 4e-3
    beta1: Number = 0.9
    beta2: Number = 0.999
    eps: Number = 1e-6


@dataclass(frozen=True, slots=True)
class Muon:
    """Orthogonal steps for convolutions and hidden matrices; head, biases and norms have another optimiser.

    Attributes:
        momentum: Nesterov's, of the matrices.
        iterations: of Newton-Schulz; more bring the singular values nearer to 1.
        rest: the optimiser of all other parameters.
        rest_ratio: their rate over the matrices' rate.
    """

    name: ClassVar[str] = "muon"
    usual_lr: ClassVar[float] = 0.02
    momentum: Number = 0.95
    iterations: int = 5
    rest: Sgd | AdamW = AdamW()
    rest_ratio: Number = 0.1


Optimizer = Sgd | RmsProp | Adadelta | Adam | AdamW | Lamb | Muon
OPTIMIZERS: Mapping[str, type[Optimizer]] = {
    kind.name: kind for kind in (Sgd, RmsProp, Adadelta, Adam, AdamW, Lamb, Muon)
}


@dataclass(frozen=True, slots=True)
class Constant:
    """The peak rate throughout."""

    name: ClassVar[str] = "constant"


@dataclass(frozen=True, slots=True)
class StepDecay:
    """The rate times `factor` at every milestone, counted in `unit` from the stage's start.

    ResNet on CIFAR: `StepDecay((32_000, 48_000), unit="steps")`. The unit "stage" means shares of its steps.
    """

    name: ClassVar[str] = "step"
    milestones: tuple[Number, ...] = (0.5, 0.75)
    factor: Number = 0.1
    unit: Unit = "stage"


@dataclass(frozen=True, slots=True)
class Staircase:
    """The rate times `factor` after every so many epochs (GoogLeNet: 0.96 every 8)."""

    name: ClassVar[str] = "staircase"
    every: Number = 8
    factor: Number = 0.96


@dataclass(frozen=True, slots=True)
class Plateau:
    """The rate times `factor` once `patience` epochs brought no better validation score, `drops` times.

    AlexNet and VGG: a tenth, three times.
    """

    name: ClassVar[str] = "plateau"
    factor: Number = 0.1
    patience: int = 5
    drops: int = 3


@dataclass(frozen=True, slots=True)
class Cosine:
    """Half a cosine from the peak to `last` of it."""

    name: ClassVar[str] = "cosine"
    last: Number = 0.0


@dataclass(frozen=True, slots=True)
class Polynomial:
    """(1 - share of the steps done) to the power `power`; 1 is a straight line."""

    name: ClassVar[str] = "polynomial"
    power: Number = 1.0


@dataclass(frozen=True, slots=True)
class OneCycle:
    """Up along a cosine from `first` of the peak over the share `rise`, then down to `last` of it."""

    name: ClassVar[str] = "one_cycle"
    rise: Number = 0.3
    first: Number = 1 / 25
    last: Number = 1e-5


USUAL_OPTIMIZER, USUAL_SCHEDULE = AdamW(), OneCycle()
Schedule = Constant | StepDecay | Staircase | Plateau | Cosine | Polynomial | OneCycle


@dataclass(frozen=True, slots=True)
class Ema:
    """An average over the steps whose memory fades: each step keeps `decay` of it (early ones less)."""

    name: ClassVar[str] = "ema"
    decay: Number = 0.999


@dataclass(frozen=True, slots=True)
class Swa:
    """The plain mean of the weights at the ends of epochs, from the share `start` of a stage on."""

    name: ClassVar[str] = "swa"
    start: Number = 0.75


Average = Ema | Swa


def optimizer_named(name: str) -> Optimizer:
    """The optimiser of that name with its usual settings."""
    if name not in OPTIMIZERS:
        raise UnknownName("optimizer", name, OPTIMIZERS, f"There are: {', '.join(OPTIMIZERS)}.")
    return OPTIMIZERS[name]()


def as_table(word: Optimizer | Schedule | Average) -> dict[str, Any]:
    """The word with all its settings, for `config.toml`."""
    table: dict[str, Any] = {"name": word.name, **asdict(word)}
    if isinstance(word, Muon):
        table["rest"] = as_table(word.rest)
    return table
