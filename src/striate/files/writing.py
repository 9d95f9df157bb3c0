"""Files that matter are written whole: a temporary name in the same folder, flush, fsync, rename."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from striate.errors import WorkFailed
from striate.files.leftovers import temporary


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file so that a reader sees the old content or the new, never a part.

    Raises:
        WorkFailed: the disk is full or the folder cannot be written.
    """
    with whole_file(path) as file:
        file.write(content)


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """A file to write to piece by piece, which takes its name when the context ends without an error.

    Whatever stops it, Ctrl-C too, no temporary file stays behind; only a kill leaves one, which the next
    write of the same file removes.

    Raises:
        WorkFailed: the disk is full or the folder cannot be written.
    """
    try:
        with replaced_file(path) as file:
            yield file
    except OSError as error:
        raise WorkFailed(
            f"{path} could not be written: {error.strerror or error}. "
            "Free some space or choose another folder; what was there before is untouched."
        ) from error


@contextlib.contextmanager
def replaced_file(path: Path) -> Iterator[BinaryIO]:
    """`whole_file` for one who goes on without the file.

    Raises:
        OSError: the disk is full or the folder cannot be written.
    """
    with temporary(path) as place:
        with place.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        place.chmod(0o666 & ~umask())
        place.replace(path)


def write_text(path: Path, text: str) -> None:
    """`write_bytes` for UTF-8 text.

    What UTF-8 cannot hold, such as the byte 0xe9 in the name of a folder, is written as Python escapes it:
    the six characters `\\udce9`. JSON reads them back as they were.
    """
    write_bytes(path, text.encode(errors="backslashreplace"))


def umask() -> int:
    """The permissions that this process takes away from files it makes."""
    current = os.umask(0)
    os.umask(current)
    return current
