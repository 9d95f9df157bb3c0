"""The files of a run: written whole, cleared of leftovers, named for safetensors."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from striate.files.leftovers import remove_leftovers
from striate.files.writing import write_bytes, write_text

__all__ = ["remove_leftovers", "utf8_path", "write_bytes", "write_text"]


@contextlib.contextmanager
def utf8_path(path: Path) -> Iterator[str]:
    """A name of an existing file that is UTF-8, while the context lasts: safetensors takes no other."""
    if str(path).encode(errors="replace").decode() == str(path):
        yield str(path)
        return
    with path.open("rb") as file:
        yield f"/dev/fd/{file.fileno()}"  # there on Linux, where alone such names are
