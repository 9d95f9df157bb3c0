"""What an engine raises where it cannot run a network."""


class CannotConvert(Exception):
    """The engine has no form of this network; torch runs it."""


def first_line(error: BaseException) -> str:
    """Of a message that may run over many lines."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
