"""Numbers, durations and dates as a reader wants them; None and what is not finite become a dash."""

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeGuard

from striate.data import wording

NBSP = "\u00a0"
NOTHING = "–"
MONTHS = (  # not the calendar module's, which follow the machine's language
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def count(value: Any) -> str:
    """2000 as `2,000`."""
    return f"{value:,}" if isinstance(value, int) else NOTHING


def plural(value: int, one: str, many: str = "") -> str:
    """`1 picture`, `2,000 pictures`."""
    return f"{value:,}{NBSP}{one if value == 1 else many or one + 's'}"


def percent(value: Any, digits: int = 1) -> str:
    """0.989 as `98.9 %`; a fraction below 1 is never shown as 100 %, one above 0 never as 0 %."""
    return f"{_hundredths(value, digits)}{NBSP}%" if known(value) else NOTHING


def probability(value: Any) -> str:
    """The probability of an answer: `97.1 %`, `>99.9 %`, `<0.1 %`."""
    return wording.probability(value).replace(" ", NBSP) if known(value) else NOTHING


def percent_range(low: Any, high: Any, digits: int = 1) -> str:
    """`98.3–99.3 %`."""
    if not (known(low) and known(high)):
        return NOTHING
    return f"{_hundredths(low, digits)}–{_hundredths(high, digits)}{NBSP}%"


def digits_for(pictures: int) -> int:
    """Decimals of a percentage that `pictures` pictures can carry: one picture of 5,000 is 0.02 %."""
    return 2 if pictures >= 5000 else 1


def decimal(value: Any, digits: int = 3) -> str:
    """A plain number with a fixed number of decimals."""
    return f"{value:z.{digits}f}" if known(value) else NOTHING


def short(value: Any) -> str:
    """A learning rate, an answer of a channel: three significant digits, never as a power of ten above 1."""
    if not known(value):
        return NOTHING
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def brief(text: str, most: int = 40) -> str:
    """A name for a heading: at most so many letters, the last one an ellipsis if there were more."""
    return text if len(text) <= most else text[: most - 1] + "…"


def duration(seconds: Any) -> str:
    """`41 s`, `12 min 5 s`, `2 h 3 min`."""
    if not known(seconds):
        return NOTHING
    if seconds < 10:
        return f"{seconds:.1f}{NBSP}s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole}{NBSP}s"
    if whole < 3600:
        return f"{whole // 60}{NBSP}min" + (f" {whole % 60}{NBSP}s" if whole % 60 else "")
    minutes = round(seconds / 60)
    return f"{minutes // 60}{NBSP}h" + (f" {minutes % 60}{NBSP}min" if minutes % 60 else "")


def date(text: Any) -> str:
    """An ISO date and time as `12 May 2025, 14:03 UTC`; any other text stays as it is."""
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return str(text)
    zone = f" {moment.tzname()}" if moment.tzinfo else ""
    return f"{moment.day} {MONTHS[moment.month - 1]} {moment.year}, {moment:%H:%M}{zone}"


def setting(value: Any) -> str:
    """A value of a settings file in one line."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{key} {setting(one)}" for key, one in value.items())
    if isinstance(value, list):
        return ", ".join(setting(one) for one in value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def known(value: Any) -> TypeGuard[float | int]:
    """Whether `value` is a finite number."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def measured(metrics: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A figure as value, low and high of its interval; None where it was not measured."""
    low, high = (metrics.get(f"{name}_interval") or [None, None])[:2]
    value = metrics.get(name)
    return {
        "value": value if known(value) else None,
        "low": low if known(low) else None,
        "high": high if known(high) else None,
    }


def _hundredths(value: float | int, digits: int) -> str:
    shown = f"{value * 100:.{digits}f}"
    while digits < 4 and ((value < 1 and float(shown) == 100) or (value > 0 and float(shown) == 0)):
        digits += 1
        shown = f"{value * 100:.{digits}f}"
    return shown
