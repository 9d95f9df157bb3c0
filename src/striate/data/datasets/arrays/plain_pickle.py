"""Reads a pickle of plain values without Python's unpickler: nothing in it can run.

It goes through the file instruction by instruction and knows those for dict, list, tuple, text, bytes and
whole numbers, and the names, which make NumPy arrays of bytes. Any other instruction or name is refused.
An `Unpickler` with a list of allowed names is not enough: decision 0019 has the files that it falls for.
"""

import io
import pickletools
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

LARGEST = 400_000_000  # bytes; the training part of CIFAR-100 has 155 million
DEEPEST = 100_000  # values on the stack
LONGEST = 10_000_000  # instructions; each may make an empty dict of 64 bytes

_ARRAY = "an array"
_NAMES = {
    ("numpy.core.multiarray", "_reconstruct"): "array",
    ("numpy._core.multiarray", "_reconstruct"): "array",
    ("numpy", "ndarray"): "ndarray",
    ("numpy", "dtype"): "dtype",
    ("_codecs", "encode"): "encode",
    ("__builtin__", "bytes"): "bytes",
}


class RefusedPickle(ValueError):
    """The file is no pickle, is damaged, or holds more than plain values; the message says which."""


@dataclass(slots=True)
class _Name:
    """One of `_NAMES`, where a pickle calls it."""

    what: str


@dataclass(slots=True)
class _Made:
    """What a call makes: an array or its type, before and after it is filled."""

    what: str
    value: Any = None


_MARK = object()


def read_plain(content: bytes) -> Any:
    """The value in a pickle: dict, list, tuple, str, bytes, int, bool, None, and arrays of unsigned bytes.

    Text that Python 2 wrote as bytes becomes str, one character a byte.

    Raises:
        RefusedPickle: it holds anything else, or is damaged.
    """
    if len(content) > LARGEST:
        raise RefusedPickle(f"it has {len(content):,} bytes; at most {LARGEST:,} are read")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", DeprecationWarning)  # of escapes in text that no pickle has
            return _run(content)
    except RefusedPickle:
        raise
    except (
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
        OverflowError,
        RecursionError,
        DeprecationWarning,
    ) as error:
        raise RefusedPickle("it is no pickle, or damaged") from error


def _run(content: bytes) -> Any:
    machine = _Machine()
    for number, (opcode, argument, _) in enumerate(pickletools.genops(io.BytesIO(content))):
        if number >= LONGEST:
            raise RefusedPickle(f"it has more than {LONGEST:,} instructions")
        if opcode.name == "STOP":
            return _plain(machine.stack.pop())
        machine.step(opcode.name, argument)
    raise RefusedPickle("it is cut short")


class _Machine:
    """The stack and the memo of a pickle."""

    def __init__(self) -> None:
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}

    def step(self, name: str, argument: Any) -> None:
        """Carry out one instruction."""
        if name in _SKIPPED:
            return
        if name in _VALUES:
            self.stack.append(argument)
        elif name in _CONSTANTS:
            self.stack.append(_CONSTANTS[name]())
        elif name in _PUT:
            self.memo[len(self.memo) if argument is None else int(argument)] = self.stack[-1]
        elif name in _GET:
            self.stack.append(self.memo[int(argument)])
        elif name in _BUILDERS:
            _BUILDERS[name](self)
        elif name in ("GLOBAL", "STACK_GLOBAL"):
            self._name(argument)
        else:
            raise RefusedPickle(f"it holds the instruction {name}, which plain data do not need")
        if len(self.stack) > DEEPEST:
            raise RefusedPickle(f"it holds more than {DEEPEST:,} values at once")

    def since_mark(self) -> list[Any]:
        """Take all values above the last mark, and the mark."""
        at = len(self.stack) - 1
        while self.stack[at] is not _MARK:  # from the end: what lies below a mark is not looked at again
            at -= 1
            if at < 0:
                raise RefusedPickle("it is damaged")
        values = self.stack[at + 1 :]
        del self.stack[at:]
        return values

    def take(self, count: int) -> list[Any]:
        """Take the last `count` values."""
        if len(self.stack) < count:
            raise RefusedPickle("it is damaged")
        values = self.stack[-count:] if count else []
        del self.stack[len(self.stack) - count :]
        return values

    def _name(self, argument: str | None) -> None:
        module, name = self.take(2) if argument is None else argument.split(" ", 1)
        if (module, name) not in _NAMES:
            raise RefusedPickle(f"it asks for {module}.{name}, and no code from files is run")
        self.stack.append(_Name(_NAMES[module, name]))


def _fill_list(machine: _Machine, values: list[Any]) -> None:
    target = machine.stack[-1]
    if not isinstance(target, list):
        raise RefusedPickle("it is damaged")
    target.extend(values)


def _fill_dict(machine: _Machine, values: list[Any]) -> None:
    target = machine.stack[-1]
    if not isinstance(target, dict):
        raise RefusedPickle("it is damaged")
    target.update(_pairs(values))


def _new_dict(machine: _Machine) -> None:
    machine.stack.append(dict(_pairs(machine.since_mark())))


def _pairs(values: list[Any]) -> list[tuple[Any, Any]]:
    """Keys and values; to hash a key that holds a tuple twice, n times over, takes 2^n steps."""
    if not all(isinstance(key, str | bytes | int) for key in values[::2]):
        raise RefusedPickle("it has a key that is neither a word nor a number")
    return list(zip(values[::2], values[1::2], strict=True))


def _call(machine: _Machine) -> None:
    function, arguments = machine.take(2)
    if not isinstance(function, _Name) or not isinstance(arguments, tuple):
        raise RefusedPickle("it calls something that is no function")
    if function.what == "encode":  # how Python 3 writes bytes for Python 2
        machine.stack.append(arguments[0].encode("latin-1"))
    elif function.what == "bytes" and not arguments:  # the empty bytes
        machine.stack.append(b"")
    elif function.what == "dtype":
        if arguments[0] not in ("u1", "|u1"):
            raise RefusedPickle(
                f"it holds an array of type {str(arguments[0])[:20]}; expected unsigned bytes (u1)"
            )
        machine.stack.append(_Made("dtype"))
    elif function.what == "array":
        machine.stack.append(_Made(_ARRAY))
    else:
        raise RefusedPickle(f"it calls {function.what}, and no code from files is run")


def _build(machine: _Machine) -> None:
    (state,) = machine.take(1)
    made = machine.stack[-1]
    if not isinstance(made, _Made):
        raise RefusedPickle("it fills something that is no array")
    if made.what == "dtype":
        return  # byte order and the like, which bytes do not have
    _, shape, kind, column_order, pixels = state
    if not isinstance(kind, _Made) or kind.what != "dtype":
        raise RefusedPickle("it holds an array without a type")
    made.value = _array(shape, pixels, columns_first=bool(column_order))


def _array(shape: Any, pixels: Any, *, columns_first: bool) -> npt.NDArray[np.uint8]:
    raw = pixels.encode("latin-1") if isinstance(pixels, str) else pixels
    flat = np.frombuffer(raw, dtype=np.uint8)
    if not all(isinstance(side, int) and side >= 0 for side in shape):
        raise RefusedPickle("it holds an array of an impossible shape")
    return flat.reshape(shape, order="F" if columns_first else "C")


def _plain(value: Any) -> Any:
    """The value with its arrays in place of what stood for them; they are values of the outer dict."""
    if isinstance(value, dict):
        value = {key: _plain_array(entry) for key, entry in value.items()}
    return _plain_array(value)


def _plain_array(value: Any) -> Any:
    return value.value if isinstance(value, _Made) else value


_SKIPPED = frozenset({"PROTO", "FRAME"})
_PUT = frozenset({"PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE"})
_GET = frozenset({"GET", "BINGET", "LONG_BINGET"})
_VALUES = frozenset(
    {
        *("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1"),
        *(
            "STRING",
            "BINSTRING",
            "SHORT_BINSTRING",
            "UNICODE",
            "BINUNICODE",
            "SHORT_BINUNICODE",
            "BINUNICODE8",
        ),
        *("BINBYTES", "SHORT_BINBYTES", "BINBYTES8"),
    }
)
_CONSTANTS: dict[str, Callable[[], Any]] = {
    "MARK": lambda: _MARK,
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "EMPTY_DICT": dict,
    "EMPTY_LIST": list,
    "EMPTY_TUPLE": tuple,
}
_BUILDERS: dict[str, Callable[[_Machine], None]] = {
    "TUPLE": lambda m: m.stack.append(tuple(m.since_mark())),
    "TUPLE1": lambda m: m.stack.append(tuple(m.take(1))),
    "TUPLE2": lambda m: m.stack.append(tuple(m.take(2))),
    "TUPLE3": lambda m: m.stack.append(tuple(m.take(3))),
    "LIST": lambda m: m.stack.append(m.since_mark()),
    "DICT": _new_dict,
    "APPEND": lambda m: _fill_list(m, m.take(1)),
    "APPENDS": lambda m: _fill_list(m, m.since_mark()),
    "SETITEM": lambda m: _fill_dict(m, m.take(2)),
    "SETITEMS": lambda m: _fill_dict(m, m.since_mark()),
    "REDUCE": _call,
    "BUILD": _build,
}
