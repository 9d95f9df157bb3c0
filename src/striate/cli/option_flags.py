"""The options of `train` as flags of a command: made from what may be given, without pydantic."""

import inspect
from collections.abc import Callable, Mapping
from functools import wraps
from types import NoneType
from typing import Annotated, Any, get_args

import typer

from striate.trainer.given_options import GivenOptions

OPTIONS: dict[str, Any] = GivenOptions.__annotations__
Completion = Callable[[str], list[str]]


def with_options(completed: Mapping[str, Completion]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Let a command that has `**options` take every option of `train` as a flag of that name.

    Args:
        completed: what the shell offers for the value of an option.
    """

    def named(command: Callable[..., None]) -> Callable[..., None]:
        own = [
            one.replace(kind=one.KEYWORD_ONLY)
            for one in inspect.signature(command).parameters.values()
            if one.kind is not one.VAR_KEYWORD
        ]
        flags = [
            inspect.Parameter(
                name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=_flag(name, completed)
            )
            for name in OPTIONS
        ]
        switches = [one for one in own if one.default is False]  # help lists the command's own last
        parameters = [*(one for one in own if one not in switches), *flags, *switches]

        @wraps(command)
        def read(**given: Any) -> None:
            command(**{name: _number(name, value) for name, value in given.items()})

        read.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        return read

    return named


def help_of(name: str) -> str:
    """What help says of an option of `train`."""
    return str(get_args(OPTIONS[name])[1])


def _types(name: str) -> set[Any]:
    """What may be given for an option in Python, None apart."""
    return set(get_args(get_args(OPTIONS[name])[0])) - {NoneType}


def _flag(name: str, completed: Mapping[str, Completion]) -> Any:
    """The annotation that Typer reads: numbers and switches as such, everything else as text."""
    _, said, *metavar = get_args(OPTIONS[name])
    types = _types(name)
    plain = next(iter(types)) if len(types) == 1 else str
    names = [f"--{name.replace('_', '-')}"] if plain is bool else []  # no --no-...
    option = typer.Option(
        *names, help=said, metavar=next(iter(metavar), None), autocompletion=completed.get(name)
    )
    return Annotated[plain | None, option]


def _number(name: str, value: Any) -> Any:
    """The number that a text is where an option takes both; a mistake is the options' to judge."""
    if name not in OPTIONS or not isinstance(value, str) or not {float, str} <= _types(name):
        return value
    try:
        return float(value)
    except ValueError:
        return value
