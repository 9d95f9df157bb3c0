"""What a person may choose: one clear line for a number that makes no sense."""

from math import isfinite

from striate.errors import StriateError

Number = float | int
Interval = tuple[float | int, float | int]


def require_number(name: str, value: Number, low: Number, high: Number) -> None:
    """Refuse a `value` outside [low, high]."""
    if not (isfinite(value) and low <= value <= high):
        raise StriateError(f"augmentation: {name} = {value:g} is not possible; allowed: {low:g} to {high:g}.")


def require_interval(name: str, value: Interval, low: Number, high: Number) -> None:
    """Refuse ends outside [low, high] or in the wrong order."""
    if not (low <= value[0] <= value[1] <= high):
        raise StriateError(
            f"augmentation: {name} = [{value[0]:g}, {value[1]:g}] is not possible; allowed: "
            f"a smaller and a larger number from {low:g} to {high:g}."
        )
