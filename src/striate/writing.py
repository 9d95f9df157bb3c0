"""Files that matter are written whole: a temporary name in the same folder, flush, fsync, rename."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from striate.errors import WorkFailed


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

    Whatever stops it, Ctrl-C too, no temporary file stays behind; only a kill leaves one, for
    `runs.files.remove_leftovers`.

    Raises:
        WorkFailed: the disk is full or the folder cannot be written.
    """
    temporary: Path | None = None
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
        temporary = Path(name)
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o666 & ~umask())
        temporary.replace(path)
    except BaseException as error:
        if temporary is not None:
            with contextlib.suppress(OSError):
                temporary.unlink()
        if not isinstance(error, OSError):
            raise
        raise WorkFailed(
            f"{path} could not be written: {error.strerror or error}. "
            "Free some space or choose another folder; what was there before is untouched."
        ) from error


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
