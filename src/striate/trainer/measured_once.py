"""What a training measures once, before its first step; a resumed run reads it in its records."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MeasuredOnce:
    """What was measured once at the start of a run and is recorded; None where nothing had to be."""

    lr: float | None = None
    epochs: int | None = None
    transfer: str | None = None  # what learns of a network with weights
    steps: int | None = None  # of the first epoch, where not even one fits into the minutes


NOTHING = MeasuredOnce()
