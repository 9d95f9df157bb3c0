"""What a run's epochs show: a curve of every loss and figure that was logged, and the same in numbers."""

from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from striate.drawing.svg.charts import Line, Span, Unit, line_chart
from striate.reports import words
from striate.reports.contents import Contents

TRAIN, VALIDATION = "train_", "validation_"  # how the keys of metrics.jsonl begin


@dataclass(frozen=True, slots=True)
class Column:
    """One key of the epochs as a column of the table."""

    key: str
    title: str
    share: bool


@dataclass(frozen=True, slots=True)
class Chart:
    """One figure over the epochs, of training, validation or both."""

    title: str
    drawn: Markup


def curves(contents: Contents) -> dict[str, Any]:
    """What the section on training shows."""
    epochs, best = contents.epochs, contents.best_epoch
    spans = _spans(epochs)
    judged = "validation" if contents.parts.get("validation") != 0 else "training, no changes"
    on = "validation" if judged == "validation" else "training"
    rate = _line(epochs, "", "lr", strong=False)
    return {
        "charts": [_chart(contents, name, judged, spans) for name in _figures(epochs)],
        "rate": Markup(line_chart("Learning rate per epoch", rate, spans=spans, height=150)),
        "columns": _columns(epochs, contents.in_percent),
        "spans": spans,
        "best": best,
        "best_values": _told(epochs[best - 1], on, contents.in_percent) if best else [],
        "epochs": epochs,
    }


def _spans(epochs: list[dict[str, Any]]) -> list[Span]:
    spans: list[Span] = []
    for number, epoch in enumerate(epochs, 1):
        name = str(epoch.get("stage", ""))
        if spans and spans[-1].name == name:
            spans[-1] = Span(name, spans[-1].first, number)
        else:
            spans.append(Span(name, number, number))
    return spans


def _keys(epochs: list[dict[str, Any]]) -> list[str]:
    """The keys with a number in some epoch: losses first, each of training before that of validation."""
    found = list(dict.fromkeys(key for epoch in epochs for key in epoch))
    kept = [
        key
        for key in found
        if key.startswith((TRAIN, VALIDATION)) and any(words.known(epoch.get(key)) for epoch in epochs)
    ]
    names = list(dict.fromkeys(["loss", *(_name(key) for key in kept)]))
    return sorted(kept, key=lambda key: (names.index(_name(key)), key.startswith(VALIDATION)))


def _name(key: str) -> str:
    return key.removeprefix(TRAIN).removeprefix(VALIDATION)


def _figures(epochs: list[dict[str, Any]]) -> list[str]:
    return list(dict.fromkeys(map(_name, _keys(epochs))))


def _line(epochs: list[dict[str, Any]], name: str, key: str, *, strong: bool = True) -> list[Line]:
    values = [epoch.get(key) for epoch in epochs]
    if not any(words.known(value) for value in values):
        return []
    return [Line(name, [value if words.known(value) else None for value in values], strong)]


def _chart(contents: Contents, name: str, judged: str, spans: list[Span]) -> Chart:
    epochs, best = contents.epochs, contents.best_epoch
    trained = _line(epochs, "training", f"{TRAIN}{name}", strong=False)
    lines = [*trained, *_line(epochs, judged, f"{VALIDATION}{name}")]
    said = name.replace("_", " ")
    title = said.capitalize()
    if not trained:
        title = f"Validation {said}" if judged == "validation" else f"{title} on the training pictures"
    unit: Unit = "percent" if name in contents.in_percent else "number"
    drawn = line_chart(f"{said.capitalize()} per epoch", lines, unit=unit, spans=spans, marked=best)
    return Chart(title, Markup(drawn))


def _columns(epochs: list[dict[str, Any]], shares: tuple[str, ...]) -> list[Column]:
    """Losses of both parts; a figure that only validation has is called by its name."""
    keys = _keys(epochs)
    columns = []
    for key in keys:
        name = _name(key)
        said = name.replace("_", " ")
        alone = f"{TRAIN}{name}" not in keys and key.startswith(VALIDATION)
        part = "Training" if key.startswith(TRAIN) else "Validation"
        title = said.capitalize() if alone else f"{part} {said}"
        columns.append(Column(key, title, name in shares))
    return columns


def _told(epoch: dict[str, Any], on: str, shares: tuple[str, ...]) -> list[str]:
    """The figures of the best epoch in words: `validation loss 0.123`, `accuracy 98.0 %`."""
    told = []
    for key in _keys([epoch]):
        if key.startswith(VALIDATION):
            name = _name(key)
            value = words.percent(epoch[key]) if name in shares else words.decimal(epoch[key])
            told.append(f"{f'{on} loss' if name == 'loss' else name.replace('_', ' ')} {value}")
    return told
