"""The files of a run: written whole by `striate.writing`, cleared of leftovers, named for safetensors."""

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path

from striate.writing import write_bytes, write_text

__all__ = ["remove_leftovers", "utf8_path", "write_bytes", "write_text"]

# As `mkstemp` makes them of a name; eight characters of chance.
_LEFTOVER = re.compile(r"\..+\.[a-z0-9_]{8}\.part", re.DOTALL)


@contextlib.contextmanager
def utf8_path(path: Path) -> Iterator[str]:
    """A name of an existing file that is UTF-8, while the context lasts: safetensors takes no other."""
    if str(path).encode(errors="replace").decode() == str(path):
        yield str(path)
        return
    with path.open("rb") as file:
        yield f"/dev/fd/{file.fileno()}"  # there on Linux, where alone such names are


def remove_leftovers(folder: Path) -> None:
    """Delete the temporary files that a killed `write_bytes` left in a folder and the folders in it."""
    for path in list(folder.rglob(".*.part")):
        if _LEFTOVER.fullmatch(path.name) and path.is_file():
            with contextlib.suppress(OSError):  # a file that stays does no harm
                path.unlink()
