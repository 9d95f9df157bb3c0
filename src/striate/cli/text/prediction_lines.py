"""How answers look to a person: a line a file, in columns that are as wide as a batch of lines needs.

A line that wants a look begins with a sign: `?` for an unsure answer, `!` for a file without one.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from striate.data.wording import counted, one_line, probability
from striate.inference.pictures.streaming import Prediction
from striate.tasks.task import Task

WIDEST = 48  # letters of a column; longer entries push their line out
TOGETHER = 64  # lines that are laid out and printed at a time
LEAST_SHARE = 0.01  # of another class that a line names
LISTED = 8  # classes of one threshold that are named


class Cells(NamedTuple):
    """The parts of a line: sign, file, answer, its probability, and what else there is to say."""

    sign: str
    file: str
    answer: str
    probability: str
    rest: str


class PredictionLines:
    """Lines as a table: file and answer, of classes the probability and the next ones, or what is wrong.

    Widths grow with what was seen so far, and never shrink.
    """

    def __init__(self, task: Task[Any]) -> None:
        self._task = task
        self._file, self._answer = 20, 8
        self._waiting: list[Cells] = []
        self._answered = self._unsure = self._failed = 0

    def add(self, prediction: Prediction) -> list[str]:
        """The lines that can be printed now: none, or a batch of them."""
        self._answered += prediction.answer is not None and not prediction.unsure
        self._unsure += bool(prediction.unsure)
        self._failed += prediction.answer is None
        self._waiting.append(self._cells(prediction))
        return self.rest() if len(self._waiting) >= TOGETHER else []

    def rest(self) -> list[str]:
        """The lines that still wait, without line breaks or control characters, whatever a file is called."""
        self._file = _wider(self._file, (cells.file for cells in self._waiting))
        self._answer = _wider(self._answer, (cells.answer for cells in self._waiting if cells.probability))
        lines = [self._line(cells) for cells in self._waiting]
        self._waiting = []
        return lines

    @property
    def counted(self) -> str:
        """How many files were answered, in one sentence."""
        said = f"answered {counted(self._answered, 'picture')}, {self._unsure:,} unsure"
        return f"{said}, {self._failed:,} failed" if self._failed else said

    def _line(self, cells: Cells) -> str:
        start = f"{cells.sign} {cells.file:<{self._file}}"
        if not cells.answer:
            return f"{start}  {cells.rest}".rstrip()
        return f"{start}  {cells.answer:<{self._answer}}  {cells.probability:>7}  {cells.rest}".rstrip()

    def _cells(self, prediction: Prediction) -> Cells:
        file = one_line(prediction.file)
        if prediction.answer is None:
            return Cells("!", file, "", "", f"error: {one_line(prediction.error or '')}")
        damaged = [f"[damaged: {one_line(prediction.damaged)}]"] if prediction.damaged else []
        answer = self._task.labelled(prediction.answer)
        if answer is None:
            said = one_line(self._task.words(prediction.answer))
            return Cells(" ", file, "", "", "  ".join([said, *damaged]))
        others = answer.top if prediction.unsure else answer.top[1:]
        shown = [(name, value) for name, value in others if value >= LEAST_SHARE]
        named = ", ".join(f"{one_line(name)} {probability(value)}" for name, value in shown)
        rest = "  ".join([*filter(None, [named]), *damaged])
        if prediction.unsure:
            return Cells("?", file, "unsure", "", rest)
        return Cells(" ", file, one_line(answer.label), probability(answer.probability), rest)


def threshold_lines(thresholds: Mapping[str, float]) -> list[str]:
    """From which probability on an answer is given, a line for each threshold, the commonest first."""
    classes: dict[str, list[str]] = {}
    for label, value in thresholds.items():
        classes.setdefault("never" if value > 1 else f"{value:.4f}", []).append(label)
    lines = []
    for threshold, labels in sorted(classes.items(), key=lambda one: (-len(one[1]), one[0])):
        if len(labels) == len(thresholds):
            who = "every class"
        else:
            more = f" and {len(labels) - LISTED:,} more" if len(labels) > LISTED else ""
            who = ", ".join(map(one_line, labels[:LISTED])) + more
        lines.append(f"  {threshold:<6}  {who}")
    return ["an answer is given from these probabilities on, else it is unsure:", *lines]


def _wider(width: int, texts: Iterable[str]) -> int:
    return max([width, *(min(len(text), WIDEST) for text in texts)])
