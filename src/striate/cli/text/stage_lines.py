"""What is said of a training: lines of epochs, the line that changes in place, a stage's last line."""

from striate.data.wording import counted, percent
from striate.events import EpochEnded

FIGURES = 3  # of validation, in one line


class StageSoFar:
    """What one stage has done.

    Attributes:
        epochs: that ended while somebody listened; a resumed stage had others before.
        told: how many of them have a line.
        best: the best one so far.
    """

    def __init__(self) -> None:
        self.epochs, self.told, self.seconds = 0, 0, 0.0
        self.best: EpochEnded | None = None
        self.last: EpochEnded | None = None

    def add(self, event: EpochEnded) -> None:
        """One more epoch."""
        self.epochs, self.seconds, self.last = self.epochs + 1, self.seconds + event.seconds, event
        if event.best:
            self.best = event

    def live(self) -> str:
        """Where validation stands; one line of 80 columns has it all."""
        if self.last is None:
            return ""
        best = f", best {self.best.epoch}" if self.best and self.best is not self.last else ""
        return f"validation {figures(self.last)}{best}"

    def summary(self, stage: str) -> str:
        """The whole stage in one line."""
        best = self.best
        found = (
            f"; best in epoch {best.epoch}: validation {figures(best)}"
            if best
            else "; none was the best so far"
        )
        return f"{stage}: {counted(self.epochs, 'epoch')} in {duration(self.seconds)}{found}"


def epoch_line(event: EpochEnded) -> str:
    """One epoch; a star is the best so far."""
    loss = event.values.get("train_loss")
    learned = "" if loss is None else f"loss {loss:z.4f}  "
    star = "  *" if event.best else ""
    return (
        f"epoch {event.epoch:>3}/{event.epochs} {event.stage:<8} {learned}"
        f"validation {figures(event)}  {event.seconds:.1f} s{star}"
    )


def figures(event: EpochEnded) -> str:
    """Loss and figures of validation, whatever the task calls them."""
    found = {
        name.removeprefix("validation_"): value
        for name, value in event.values.items()
        if name.startswith("validation_") and not name.startswith("validation_loss_")
    }
    loss = found.pop("loss", None)
    shown = [] if loss is None else [f"{loss:z.4f}"]
    for name, value in list(found.items())[:FIGURES]:
        said = percent(value) if name in event.in_percent else f"{value:.4g}"
        shown.append(said if name == "accuracy" else f"{name.replace('_', ' ')} {said}")
    return ", ".join(shown) or "without figures"


def duration(seconds: float) -> str:
    """3 min 7 s."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
