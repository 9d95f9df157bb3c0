"""How answers look to a person: a line a file, in columns that grow with what was seen so far."""

from typing import Any

from striate.data.wording import one_line

WIDEST = 48  # letters of a column; longer entries push their line out


class PredictionLines:
    """Lines as a table: file, answer, probability, and the next classes or what is wrong."""

    def __init__(self) -> None:
        self._file, self._label = 20, 8

    def line(self, prediction: Any) -> str:
        """One line without line breaks or control characters, whatever the file is called."""
        file = one_line(prediction.file)
        self._file = max(self._file, min(len(file), WIDEST))
        if prediction.answer is None:
            return f"{file:<{self._file}}  error: {one_line(prediction.error)}"
        answer = prediction.answer
        label = "unsure" if prediction.unsure else one_line(answer.label)
        self._label = max(self._label, min(len(label), WIDEST))
        first = "" if prediction.unsure else _percent(answer.probability)
        others = answer.top if prediction.unsure else answer.top[1:]
        rest = ", ".join(f"{one_line(name)} {_percent(value)}" for name, value in others)
        if prediction.damaged:
            rest += f"{'  ' * bool(rest)}[damaged: {one_line(prediction.damaged)}]"
        return f"{file:<{self._file}}  {label:<{self._label}}  {first:>7}  {rest}".rstrip()


def _percent(value: float) -> str:
    """One decimal; 100.0 only if it is."""
    shown = f"{100 * value:.1f}"
    return f"{'99.9' if shown == '100.0' and value < 1 else shown} %"
