"""What `explain` finds out about one picture: heat for each class and network, as arrays and as a picture."""

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jaxtyping import Float
from PIL import Image

from striate.data.wording import probability
from striate.drawing.box import Box
from striate.drawing.overlay import Panel, overlay, sheet, stretched
from striate.shapes import Picture

COLUMNS = 3  # pictures side by side, at most


@dataclass(frozen=True, slots=True)
class ClassHeat:
    """Why one network gives one class to a picture.

    Attributes:
        run: as it was named.
        model: the network's name in the catalogue.
        method: as in `METHODS`.
        layer: the one that was read, None for methods that read pixels.
        label: the class.
        against: instead of which class, if that was asked.
        score: what the heat explains, a logit or a difference of two.
        probability: of the class, calibrated, as `predict` gives it; NaN where the task has none.
        heat: (H, W), the picture's size, in [0, 1].
        box: around the hot region, (x1, y1, x2, y2) in pixels; None where nothing is hot.
        is_truth: whether the data gives the picture this class.
        figures: what the method measured beside it.
        in_torch: the probability of the network that the heat explains, where another engine answers.
    """

    run: str
    model: str
    method: str
    layer: str | None
    label: str
    against: str | None
    score: float
    probability: float
    heat: Float[Any, "H W"]
    box: Box | None
    is_truth: bool | None
    figures: dict[str, float] = field(default_factory=dict)
    in_torch: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """`to_json`, by the name that every answer has."""
        return self.to_json()

    def to_json(self) -> dict[str, Any]:
        """Everything but the array."""
        told: dict[str, Any] = {
            "run": self.run,
            "method": self.method,
            "layer": self.layer,
            "class": self.label,
            "score": self.score,
            "probability": self.probability if math.isfinite(self.probability) else None,
            "box": None if self.box is None else list(self.box),
            **{name: value if math.isfinite(value) else None for name, value in self.figures.items()},
        }
        if self.in_torch is not None and math.isfinite(self.in_torch):
            told["probability_in_torch"] = self.in_torch
        if self.against is not None:
            told["against"] = self.against
        if self.is_truth is not None:
            told["is_truth"] = self.is_truth
        return told


@dataclass(frozen=True, slots=True)
class Explanation:
    """One picture with everything that was asked about it.

    Attributes:
        file: as it was given.
        picture: (C, H, W), 8 bit; None where `error` says why.
        classes: network by network, class by class.
        truth: the class that the data gives.
        files: what was written: the picture, then an array for each of `classes`.
        error: why there is no picture.
    """

    file: str
    picture: Picture | None = None
    classes: tuple[ClassHeat, ...] = ()
    truth: str | None = None
    files: tuple[str, ...] = ()
    error: str | None = None

    @property
    def heat(self) -> Float[Any, "H W"]:
        """The heat of the first class."""
        return self.classes[0].heat

    def figure(self) -> Image.Image:
        """Heat over the picture; several classes or networks side by side, after the picture itself."""
        assert self.picture is not None
        first, several = self.classes[0], len(self.classes) > 1
        told = f"{first.method}" + (f" at {first.layer}" if first.layer is not None else "")
        if not several:
            strong, lines = _caption(first, several=False)
            return sheet(strong, [*lines, f"{first.model} · {told}"], [Panel(self.shown(first))], 1)
        panels = [Panel(overlay(self.picture), f"true: {self.truth}" if self.truth else "the picture")]
        runs = len({one.run for one in self.classes}) > 1
        panels += [Panel(self.shown(one), *_caption(one, several=runs)) for one in self.classes]
        columns = 2 if len(panels) in (2, 4) else COLUMNS
        return sheet(Path(self.file).name, [told if runs else f"{first.model} · {told}"], panels, columns)

    def shown(self, one: ClassHeat) -> Image.Image:
        """The picture with one class's heat over it; heat of single pixels is made visible."""
        assert self.picture is not None
        return overlay(self.picture, stretched(one.heat) if one.layer is None else one.heat, one.box)

    def to_dict(self) -> dict[str, Any]:
        """`to_json`, by the name that every answer has."""
        return self.to_json()

    def to_json(self) -> dict[str, Any]:
        """The object that `explain --json` prints for this picture; its first class stands at the top."""
        if self.error is not None:
            return {"file": self.file, "error": self.error}
        told = {"file": self.file, "files": list(self.files), **self.classes[0].to_json()}
        if self.truth is not None:
            told["truth"] = self.truth
        if len(self.classes) > 1:
            told["classes"] = [one.to_json() for one in self.classes]
        return told


def two_figures(said: float, in_torch: float | None) -> str:
    """A probability, and torch's beside it where it reads differently: the heat explains torch's."""
    shown = probability(said)
    other = shown if in_torch is None else probability(in_torch)
    return shown if other == shown else f"{shown} ({other} in torch, which is explained)"


def _named(one: ClassHeat) -> str:
    against = f" rather than {one.against}" if one.against is not None else ""
    return f"{one.label}{against}"


def _caption(one: ClassHeat, *, several: bool) -> tuple[str, tuple[str, ...]]:
    """A panel's strong line and its quiet ones."""
    mark = " (true)" if one.is_truth else ""
    told = f"{two_figures(one.probability, one.in_torch)}, " if math.isfinite(one.probability) else ""
    lines = [f"{told}score {one.score:.2f}"]
    if several:
        lines.append(f"{one.run}" + (f" · {one.layer}" if one.layer else ""))
    lines += [f"{name} {value:.2f}" for name, value in one.figures.items()]
    return f"{_named(one)}{mark}", tuple(lines)
