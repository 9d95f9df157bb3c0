"""`--transfer auto` for classification: the written rule that chooses what learns, and says why."""

from dataclasses import dataclass

from striate.data.wording import counted
from striate.tasks.choosing import TransferChoice


@dataclass(frozen=True, slots=True)
class Measured:
    """What decides which part of a pretrained network learns.

    Attributes:
        pictures: of the training part.
        each: the median class's.
        accuracy: of the probe, cross-validated on the training part, in [0, 1]; None where too few pictures
            leave nothing to cross-validate.
        finetune_seconds: how long fine-tuning would take; None where nobody asked.
    """

    pictures: int
    each: int
    accuracy: float | None
    finetune_seconds: float | None = None


SOLVED = 0.98  # cross-validated accuracy of a probe that leaves little to gain
FEW_EACH = 15  # pictures a class: a dense head has more weights than so few can decide
ENOUGH = 1000  # pictures that fine-tuning needs to be worth its time
PATIENCE = 600.0  # seconds that fine-tuning may take where nobody gave --minutes
REPAIRED = (
    0.2  # share of the probe's mistakes that we expect fine-tuning to repair: a guess, not a measurement
)


def worth_timing(measured: Measured) -> bool:
    """Whether it is to be found out how long fine-tuning would take."""
    hopeful = measured.accuracy is not None and measured.accuracy < SOLVED
    return hopeful and measured.pictures >= ENOUGH


def choose_transfer(measured: Measured, seconds: float | None) -> TransferChoice:
    """The course's table (how much data, how similar) as a rule; docs/recipes.md has the figures behind it.

    The probe's cross-validated accuracy stands for similarity: features that tell the classes apart as they
    are need no changing. Few pictures a class keep the linear head, more give a small dense one; many and a
    probe that makes mistakes are fine-tuned, if there is time.

    Args:
        measured: of the training part.
        seconds: that `--minutes` leaves; None is ten minutes.
    """
    each = f"{counted(measured.each, 'picture')} in the median class"
    if measured.accuracy is None:
        return TransferChoice("probe", f"{each}: too few to cross-validate, so a linear head and no more")
    told = f"the probe has {100 * measured.accuracy:.1f} % right in cross-validation"
    if measured.accuracy >= SOLVED:
        return TransferChoice("probe", f"{told}, which leaves little to gain")
    if measured.finetune_seconds is not None:
        gain = 100 * REPAIRED * (1 - measured.accuracy)
        cost = f"fine-tuning would take about {measured.finetune_seconds / 60:.1f} min"
        expected = f"may gain some {gain:.1f} points (a guess)"
        if measured.finetune_seconds <= (PATIENCE if seconds is None else seconds):
            return TransferChoice("finetune", f"{told}; {cost} and {expected}")
        told = f"{told}; {cost}, more than there is, and {expected}: --transfer finetune does it"
    if measured.each < FEW_EACH:
        return TransferChoice("probe", f"{told}; {each}, too few for more than a linear head")
    return TransferChoice("features", f"{told}; {each}, enough for a small dense head")
