"""How answers look to a person: a line a file, in columns that grow with what was seen so far."""

from typing import Any

from striate.data.wording import one_line
from striate.inference.pictures.streaming import Prediction
from striate.tasks.task import Task

WIDEST = 48  # letters of a column; longer entries push their line out


class PredictionLines:
    """Lines as a table: file and answer, of classes the probability and the next ones, or what is wrong."""

    def __init__(self, task: Task[Any]) -> None:
        self._task = task
        self._file, self._label = 20, 8

    def line(self, prediction: Prediction) -> str:
        """One line without line breaks or control characters, whatever the file is called."""
        file = one_line(prediction.file)
        self._file = max(self._file, min(len(file), WIDEST))
        if prediction.answer is None:
            return f"{file:<{self._file}}  error: {one_line(prediction.error or '')}"
        damaged = f"[damaged: {one_line(prediction.damaged)}]" if prediction.damaged else ""
        answer = self._task.labelled(prediction.answer)
        if answer is None:
            said = one_line(self._task.words(prediction.answer))
            return f"{file:<{self._file}}  {said}{'  ' * bool(damaged)}{damaged}"
        label = "unsure" if prediction.unsure else one_line(answer.label)
        self._label = max(self._label, min(len(label), WIDEST))
        first = "" if prediction.unsure else _percent(answer.probability)
        others = answer.top if prediction.unsure else answer.top[1:]
        rest = ", ".join(f"{one_line(name)} {_percent(value)}" for name, value in others)
        if damaged:
            rest += f"{'  ' * bool(rest)}{damaged}"
        return f"{file:<{self._file}}  {label:<{self._label}}  {first:>7}  {rest}".rstrip()


def _percent(value: float) -> str:
    """One decimal; 100.0 only if it is."""
    shown = f"{100 * value:.1f}"
    return f"{'99.9' if shown == '100.0' and value < 1 else shown} %"
