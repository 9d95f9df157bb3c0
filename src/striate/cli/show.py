"""How events and results look in a terminal, and as plain lines where the output is no terminal."""

import sys
from time import monotonic
from types import TracebackType
from typing import Any

from striate.cli.say import say
from striate.data.wording import one_line, percent
from striate.events import EpochEnded, Event, Note, Progress, RunStarted, Warned

PLAIN_SECONDS = 10.0  # between two lines about the same work where no bar can be drawn


def accuracy_line(metrics: dict[str, Any], n: int, split: str) -> str:
    """The result in one sentence."""
    if n == 0:
        return "not measured: every picture was needed for training; add pictures, or name others with --test"
    low, high = metrics["accuracy_interval"]
    where = {"test": "test pictures", "validation": "validation pictures (selection has seen them)"}.get(
        split, "pictures"
    )
    interval = f"95 % interval {percent(low)} to {percent(high)}"
    return f"accuracy {percent(metrics['accuracy'])} of {n:,} {where}, {interval}"


class Shown:
    """A listener that draws on stderr: bars in a terminal, lines elsewhere. Use it with `with`."""

    def __init__(self) -> None:
        self.bars: Any = None
        self.tasks: dict[str, Any] = {}
        self.said: dict[str, float] = {}
        self.started: dict[str, tuple[float, int]] = {}  # when, and what was done by then
        self.done: dict[str, int] = {}

    def __enter__(self) -> "Shown":
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
            from rich.progress import Progress as Bars

            self.bars = Bars(
                TextColumn("{task.description}"),
                BarColumn(bar_width=24),
                MofNCompleteColumn(),
                TextColumn("{task.fields[rate]}"),
                TimeRemainingColumn(compact=True),
                console=Console(stderr=True, highlight=False),
                transient=True,
            )
            self.bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.bars is not None:
            self.bars.stop()

    def __call__(self, event: Event) -> None:
        match event:
            case Note(text):
                self._line(text)
            case RunStarted(path):
                self._line(f"run: {path}")
            case Warned(text):
                self._line(f"warning: {text}")
            case EpochEnded():
                self._line(_epoch_line(event))
            case Progress():
                self._progress(event)

    def _line(self, text: str) -> None:
        if self.bars is not None:
            self.bars.console.print(one_line(text), markup=False, highlight=False, soft_wrap=True)
        else:
            say(text, error=True)

    def _progress(self, event: Progress) -> None:
        now = monotonic()
        if event.done < self.done.get(event.what, 0):  # the same work again, as for each rung of a ladder
            del self.started[event.what]
            self.said.pop(event.what, None)
        self.done[event.what] = event.done
        began, before = self.started.setdefault(event.what, (now, event.done))
        rate = (event.done - before) / (now - began) if now - began > 0.2 else 0.0
        shown = f"{rate:,.0f} {event.unit}/s" if rate >= 10 else f"{rate:.1f} {event.unit}/s" if rate else ""
        if self.bars is not None:
            self._bar(event, shown)
            return
        if now - self.said.get(event.what, began) >= PLAIN_SECONDS and event.done < event.total:
            self.said[event.what] = now
            left = f", {_duration((event.total - event.done) / rate)} left" if rate else ""
            say(
                f"{event.what}: {event.done:,}/{event.total:,} {event.unit}, {shown}{left}",
                error=True,
            )

    def _bar(self, event: Progress, rate: str) -> None:
        if event.what not in self.tasks:
            for task in self.tasks.values():
                self.bars.remove_task(task)
            self.tasks = {event.what: self.bars.add_task(one_line(event.what), total=event.total, rate="")}
        self.bars.update(self.tasks[event.what], completed=event.done, total=event.total, rate=rate)


def _epoch_line(event: EpochEnded) -> str:
    values = event.values
    star = "  *" if event.best else ""
    return (
        f"epoch {event.epoch:>3}/{event.epochs} {event.stage:<8} loss {values['train_loss']:z.4f}  "
        f"validation {values['validation_loss']:z.4f}, {percent(values['validation_accuracy'])}  "
        f"{event.seconds:.1f} s{star}"
    )


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
