"""How events and results look in a terminal, and as plain lines where the output is no terminal."""

import sys
from time import monotonic
from types import TracebackType
from typing import Any

from striate.cli.terminal.say import say
from striate.cli.text.stage_lines import StageSoFar, duration, epoch_line
from striate.data.wording import one_line
from striate.events import (
    EpochEnded,
    Event,
    Note,
    Progress,
    RunStarted,
    StageEnded,
    StepEnded,
    Warned,
)

PLAIN_SECONDS = 10.0  # between two lines about the same work where no bar can be drawn
PLAIN_LINES = 20  # at most about the same work


def result_line(task: str, metrics: dict[str, Any], n: int, split: str) -> str:
    """The result in one sentence."""
    from striate.tasks.catalog import find_task

    if n == 0:
        return "not measured: every picture was needed for training; add pictures, or name others with --test"
    where = {"test": "test pictures", "validation": "validation pictures (selection has seen them)"}.get(
        split, "pictures"
    )
    return find_task(task).sentence(metrics, n, where)


class Shown:
    """A listener that draws on stderr: one line that changes in place in a terminal, lines elsewhere.

    Use it with `with`.
    """

    def __init__(self) -> None:
        self.bars: Any = None
        self.tasks: dict[str, Any] = {}
        self.said: dict[str, tuple[float, int]] = {}  # when the last line was, and how much was done then
        self.started: dict[str, tuple[float, int]] = {}  # when, and what was done by then
        self.done: dict[str, int] = {}
        self.stage, self.so_far = "", StageSoFar()

    def __enter__(self) -> "Shown":
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
            from rich.progress import Progress as Bars
            from rich.table import Column

            self.bars = Bars(
                TextColumn("{task.description}", markup=False),
                BarColumn(bar_width=16),
                TextColumn("{task.fields[count]}", markup=False),
                TextColumn("{task.fields[rate]}", markup=False),
                TimeRemainingColumn(compact=True, table_column=Column(min_width=5, no_wrap=True)),
                console=Console(stderr=True, highlight=False),
                transient=True,
            )
            self.bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stage_ended()
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
            case StepEnded():
                self._step(event)
            case EpochEnded():
                self._epoch(event)
            case StageEnded():
                self._stage_ended()
            case Progress():
                self._progress(event)

    def _line(self, text: str) -> None:
        if self.bars is not None:
            self.bars.console.print(one_line(text), markup=False, highlight=False, soft_wrap=True)
        else:
            say(text, error=True)

    def _step(self, event: StepEnded) -> None:
        self._of_stage(event.stage)
        done, total = (event.epoch - 1) * event.steps + event.step, event.epochs * event.steps
        what = _epochs_of(event.stage)
        rate = self._rate(what, done)
        speed = _speed(rate, "steps")
        if self.bars is not None:
            text = f"epoch {event.epoch}/{event.epochs} {event.stage}"
            self._bar(what, text, done, total, self.so_far.live(), speed)
        elif event.step < event.steps and self._is_time(what, done, total):  # else its epoch has a line
            say(
                f"epoch {event.epoch:>3}/{event.epochs} {event.stage:<8} "
                f"step {event.step:,} of {event.steps:,}{_pace(speed, rate, total - done)}",
                error=True,
            )

    def _epoch(self, event: EpochEnded) -> None:
        self._of_stage(event.stage)
        first = self.so_far.epochs == 0
        self.so_far.add(event)
        share = PLAIN_LINES / event.epochs  # lines an epoch
        if self.bars is None and (first or int(event.epoch * share) > int((event.epoch - 1) * share)):
            self.so_far.told += 1
            say(epoch_line(event), error=True)
            what = _epochs_of(event.stage)
            self.said[what] = (monotonic(), self.done.get(what, 0))

    def _of_stage(self, stage: str) -> None:
        if self.stage != stage:
            self._stage_ended()
            self.stage = stage

    def _stage_ended(self) -> None:
        """The line that stays of a stage, where not every epoch has one."""
        if self.so_far.epochs > self.so_far.told:
            self._line(self.so_far.summary(self.stage))
        self.stage, self.so_far = "", StageSoFar()

    def _progress(self, event: Progress) -> None:
        rate = self._rate(event.what, event.done)
        speed = _speed(rate, event.unit)
        if self.bars is not None:
            count = f"{event.done:,}/{event.total:,}"
            self._bar(event.what, one_line(event.what), event.done, event.total, count, speed)
        elif self._is_time(event.what, event.done, event.total) and event.done < event.total:
            say(
                f"{event.what}: {event.done:,}/{event.total:,} {event.unit}"
                f"{_pace(speed, rate, event.total - event.done)}",
                error=True,
            )

    def _rate(self, what: str, done: int) -> float:
        """Pieces a second since the work began; 0 while that is not known."""
        now = monotonic()
        if done < self.done.get(what, 0):  # the same work again, as for each rung of a ladder
            del self.started[what]
            self.said.pop(what, None)
        self.done[what] = done
        began, before = self.started.setdefault(what, (now, done))
        return (done - before) / (now - began) if now - began > 0.2 else 0.0

    def _is_time(self, what: str, done: int, total: int) -> bool:
        """Whether the work may have a line again: after ten seconds, and after a twentieth of it."""
        now, began = monotonic(), self.started[what][0]
        last, told = self.said.get(what, (began, -total))
        if now - last < PLAIN_SECONDS or (done - told) * PLAIN_LINES < total:
            return False
        self.said[what] = (now, done)
        return True

    def _bar(self, what: str, text: str, done: int, total: int, count: str, rate: str) -> None:
        if what not in self.tasks:
            for task in self.tasks.values():
                self.bars.remove_task(task)
            self.tasks = {what: self.bars.add_task(text, total=total, count="", rate="")}
        self.bars.update(
            self.tasks[what], description=text, completed=done, total=total, count=count, rate=rate
        )


def _epochs_of(stage: str) -> str:
    return f"epochs of {stage}"


def _speed(rate: float, unit: str) -> str:
    return f"{rate:,.0f} {unit}/s" if rate >= 10 else f"{rate:.1f} {unit}/s" if rate else ""


def _pace(speed: str, rate: float, left: int) -> str:
    return f", {speed}, {duration(left / rate)} left" if rate else ""
