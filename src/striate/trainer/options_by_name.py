"""A verb that takes `**options` shows and checks them as if each stood in its signature."""

import inspect
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar, get_type_hints

from striate.trainer.given_options import GivenOptions

P = ParamSpec("P")
R = TypeVar("R")


def with_options_by_name(verb: Callable[P, R]) -> Callable[P, R]:
    """Let `help()` and editors list every option of `train`; a name that is none is a TypeError, as ever."""
    own = inspect.signature(verb)
    options = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=kind)
        for name, kind in get_type_hints(GivenOptions).items()
    ]
    named = [one for one in own.parameters.values() if one.kind is not one.VAR_KEYWORD]
    signature = own.replace(parameters=[*named, *options])

    @wraps(verb)
    def checked(*args: P.args, **kwargs: P.kwargs) -> R:
        signature.bind(*args, **kwargs)
        return verb(*args, **kwargs)

    checked.__signature__ = signature  # type: ignore[attr-defined]
    return checked
