"""What the report of one task's runs has besides the common part."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from striate.reports.contents import Contents


@dataclass(frozen=True, slots=True)
class Section:
    """A template that fills the blocks of `run.html.j2`, and what it shows.

    Attributes:
        template: extends `layout`, which is `run.html.j2` or `evaluation.html.j2`; its blocks are `lead` (the
            result in one sentence), `enough`, `key_figures`, `about_figures`, `answers` (before the
            mistakes), `mistakes` and `after_curves`.
        values: what the template reads, as variables of the page; they must not be those of the common part.
        metrics: which the template shows; the common part lists the others.
        predict: what `striate predict` does with new pictures.
    """

    template: str
    values: Callable[[Contents], dict[str, Any]]
    metrics: tuple[str, ...] = ()
    predict: str = "Predict new pictures"


def _nothing(_: Contents) -> dict[str, Any]:
    return {}


COMMON = Section("run.html.j2", _nothing)
