"""What an engine raises where it cannot run a network."""

import re


class CannotConvert(Exception):
    """The engine has no form of this network; torch runs it."""


def reason(error: BaseException) -> str:
    """The operations that a message of many lines complains of, else the first sentence of its first line."""
    missing = re.findall(
        r"^-- (?:No conversion rule found|Conversion is failed) for.*: (.+)$", str(error), re.M
    )
    if missing:
        return f"it lacks {', '.join(missing)}"
    first = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return re.split(r"\. Please | +\[Caused by ", first)[0]
