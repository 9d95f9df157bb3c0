"""One file of a run, read as if somebody had written it to do harm: kind, size and nesting are bounded.

A link is followed to a file; anything else than a file (a folder, a pipe, a device) is never read. Numbers
that JSON does not have (NaN, Infinity, 1e999) are read as None: not measured.
"""

import json
import math
import os
import stat
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from striate.errors import StriateError

MIB = 2**20
USUAL = MIB  # bytes of a file that has no row in LIMITS
LIMITS = {  # bytes; what grows with the pictures or the classes may be large
    "dataset.json": 1024 * MIB,
    "evaluation.json": 1024 * MIB,
    "predictions.csv": 1024 * MIB,
    "validation.csv": 1024 * MIB,
    "metrics.jsonl": 256 * MIB,
    "labels.json": 64 * MIB,
    "task.json": 64 * MIB,
    "int8.onnx": 2048 * MIB,
    "learning-rate.svg": 16 * MIB,
}
DEEPEST = 40  # lists and tables in each other
DIGITS = 18  # of a whole number; more fit no count, size or seed
NONBLOCKING = getattr(os, "O_NONBLOCK", 0)  # opening a pipe would wait for somebody who writes


def require_file(path: Path) -> None:
    """Refuse what is there and is no file; a pipe is not opened.

    Raises:
        FileNotFoundError: nothing is there.
        StriateError: a folder, a pipe or a device is.
    """
    if not stat.S_ISREG(path.stat().st_mode):
        raise StriateError(f"{path} is not a file; the run is damaged, train it again.")


def read_bytes(path: Path, most: int | None = None) -> bytes:
    """The content of a file of a run, of at most so many bytes; None is what LIMITS says of its name.

    Raises:
        FileNotFoundError: it is not there; the caller knows what that means.
        StriateError: it is no file, larger than such a file is, or cannot be read.
    """
    most = LIMITS.get(path.name, USUAL) if most is None else most
    try:
        with open(path, "rb", opener=_open_at_once) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise StriateError(f"{path} is not a file; the run is damaged, train it again.")
            content = file.read(most + 1)
    except FileNotFoundError:
        raise
    except IsADirectoryError as error:
        raise StriateError(f"{path} is not a file; the run is damaged, train it again.") from error
    except OSError as error:
        raise StriateError(
            f"{path} cannot be read: {error.strerror}. Check its permissions, or train the run again."
        ) from error
    if len(content) > most:
        raise StriateError(
            f"{path} is damaged (more than {most:,} bytes, the most that is read); train the run again."
        )
    return content


def _open_at_once(name: str, flags: int) -> int:
    return os.open(name, flags | NONBLOCKING)


def read_parsed(path: Path, parse: Callable[[str], Any], most: int | None = None) -> Any:
    """What `parse` (`parse_json`, `parse_toml`...) makes of a file's text.

    Raises:
        FileNotFoundError: it is not there.
        StriateError: it cannot be read, is no UTF-8 or cannot be parsed.
    """
    content = read_bytes(path, most)
    try:
        return parse(content.decode())
    except UnicodeDecodeError as error:
        raise StriateError(
            f"{path} is damaged (no UTF-8 text: {error.reason} at byte {error.start:,}); train the run again."
        ) from error
    except ValueError as error:
        raise StriateError(f"{path} is damaged ({error}); train the run again.") from error


def parse_json(text: str) -> Any:
    """JSON of bounded depth, without numbers that are not finite: these are None.

    Raises:
        ValueError: it is none.
    """
    try:
        read = json.loads(text, parse_constant=lambda _: None, parse_float=_finite, parse_int=_whole)
    except RecursionError:
        raise ValueError(f"lists and tables lie in each other, more than {DEEPEST} deep") from None
    _require_shallow(read)
    return read


def parse_toml(text: str) -> dict[str, Any]:
    """TOML of bounded depth, whose numbers are finite and of usual size.

    Raises:
        ValueError: it is none.
    """
    try:
        read = tomllib.loads(text)
    except RecursionError:
        raise ValueError(f"lists and tables lie in each other, more than {DEEPEST} deep") from None
    _require_shallow(read)
    return read


def _finite(text: str) -> float | None:
    value = float(text)
    return value if math.isfinite(value) else None


def _whole(text: str) -> int:
    if len(text.lstrip("-")) > DIGITS:
        raise ValueError(f"the whole number {text[:20]}... has more than {DIGITS} digits")
    return int(text)


def _require_shallow(value: Any) -> None:
    level = [value]
    for _ in range(DEEPEST + 1):
        inner: list[Any] = []
        for node in level:
            if isinstance(node, dict):
                inner += node.values()
            elif isinstance(node, list):
                inner += node
            elif isinstance(node, int) and abs(node) >= 10**DIGITS:
                raise ValueError(f"a whole number has more than {DIGITS} digits")
            elif isinstance(node, float) and not math.isfinite(node):
                raise ValueError(f"{node} is not finite")
        if not inner:
            return
        level = inner
    raise ValueError(f"lists and tables lie in each other, more than {DEEPEST} deep")
