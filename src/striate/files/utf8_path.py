"""A name for a library that takes UTF-8 only: safetensors."""

import contextlib
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def utf8_path(path: Path) -> Iterator[str]:
    """A name of an existing file that is UTF-8, while the context lasts."""
    if str(path).encode(errors="replace").decode() == str(path):
        yield str(path)
        return
    with path.open("rb") as file:
        yield f"/dev/fd/{file.fileno()}"  # there on Linux, where alone such names are
