"""Errors that people can act on: what, got, allowed, what to do next, in one line.

`StriateError` reaches the terminal, the HTTP answer and the studio as the same sentence, without a traceback.
Any other exception is a bug of ours and keeps its traceback.
"""

from collections.abc import Iterable
from difflib import get_close_matches


class StriateError(Exception):
    """The call or the data was wrong; the message says what to do next."""

    exit_code = 2


class WorkFailed(StriateError):
    """The call was right and the work could not be finished: a full disk, a loss that is not finite."""

    exit_code = 1


# How Python, the system and torch's allocators (CPU, oneDNN, GPU) say that memory is used up.
SAYINGS = (
    "not enough memory",
    "allocate memory",
    "failed to map segment",
    "out of memory",
    "could not create a memory",
    "can't start new thread",
)


def is_about_memory(error: BaseException) -> bool:
    """Whether an exception says that memory is used up; the CPU's allocator raises a plain RuntimeError."""
    told = str(error).lower()
    return isinstance(error, MemoryError) or any(text in told for text in SAYINGS)


class UnknownName(StriateError):
    """A name that no table has; offers the nearest ones."""

    def __init__(self, kind: str, name: str, known: Iterable[str], listing: str) -> None:
        near = get_close_matches(name.lower(), list(known), n=2, cutoff=0.5)
        guess = f" Did you mean {' or '.join(near)}?" if near else ""
        super().__init__(f"unknown {kind} '{name}'.{guess} {listing}")
