"""What `explain` is asked for, and what every answer of it can do."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from striate.data.decoding.decode import Limits
from striate.errors import StriateError
from striate.explanation.methods import DEFAULT, find_method
from striate.inference.open_run import open_run
from striate.inference.predictor import Predictor

Run = str | PathLike[str] | Predictor


@runtime_checkable
class Explained(Protocol):
    """One answer: a picture's heat, a layer's channels, a curve."""

    @property
    def files(self) -> tuple[str, ...]:
        """What was written."""
        ...

    def to_json(self) -> dict[str, Any]:
        """The object that `explain --json` prints."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainOptions:
    """One call of `explain`; see there for what the values mean."""

    run: Run
    images: Any = None
    method: str | None = None
    class_name: str | None = None
    top: int = 1
    against: str | None = None
    layer: str | None = None
    weights: str | PathLike[str] | None = None
    with_runs: Sequence[Run] = ()
    out: Path | None = None
    seed: int = 0
    channel: int | None = None
    plain: bool = False
    near: Any = None
    sanity: bool = False
    follow_links: bool = False
    overwrite: bool = False
    limits: Limits = field(default_factory=Limits)

    @property
    def asked_method(self) -> str:
        """The method's name; the default where none was asked for."""
        return self.method or DEFAULT

    def networks(self) -> list[Predictor]:
        """The networks that are explained: that of `run`, then those of `with_runs`."""
        first = _network(self.run, self.weights)
        return [first, *(_network(run, None) for run in self.with_runs)]


# What only some of the methods read; the other options belong to all of them or to all heat maps.
READ_BY = {
    "channel": ("activations", "filters", "deconvnet"),
    "plain": ("filters",),
    "near": ("embedding",),
}
READ_BY_PAGES = {
    "layer": ("activations", "filters", "deconvnet"),
    "with_runs": ("filters", "invariance"),
    **dict.fromkeys(("class_name", "against", "sanity"), ()),
}
FLAGS = {"with_runs": "with", "class_name": "class"}


def require_options(options: ExplainOptions) -> None:
    """Refuse an option that the method does not read, so that nobody believes it was followed."""
    method = options.asked_method
    read_by = READ_BY | (READ_BY_PAGES if find_method(method).kind == "page" else {})
    for name, methods in read_by.items():
        value = getattr(options, name)
        given = value is not None and value is not False and value != ()  # channel 0 is given
        if given and method not in methods:
            who = " and ".join(filter(None, (", ".join(methods[:-1]), *methods[-1:]))) or "heat maps"
            raise StriateError(
                f"--{FLAGS.get(name, name)} is for {who}; {method} does not read it. Leave it out."
            )


def _network(run: Run, weights: str | PathLike[str] | None) -> Predictor:
    return run if isinstance(run, Predictor) else open_run(run, weights)
