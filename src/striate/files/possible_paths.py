"""Paths that no system can have are one line from every public verb, as they are from the command line."""

import errno
import os
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from striate.errors import StriateError

P = ParamSpec("P")
R = TypeVar("R")


def impossible_path(error: BaseException) -> str | None:
    """What to say of an error about a path that no file can have; None for any other."""
    if isinstance(error, OSError) and error.errno == errno.ENAMETOOLONG:
        path = os.fsdecode(error.filename or "")
        return f"{path[:40]}... is too long for a path: it has {len(path):,} characters."
    if isinstance(error, ValueError) and str(error).startswith("embedded null"):  # which path, Python keeps
        return "a path holds a NUL character, which no path can; leave it out."
    return None


def possible_paths(verb: Callable[P, R]) -> Callable[P, R]:
    """Let a public verb refuse paths that no file can have, wherever it meets them.

    Raises:
        StriateError: from the verb, for such a path.
    """

    @wraps(verb)
    def checked(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return verb(*args, **kwargs)
        except (OSError, ValueError) as error:
            said = impossible_path(error)
            if said is None:
                raise
            raise StriateError(said) from error

    return checked
