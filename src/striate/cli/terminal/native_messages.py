"""libjpeg prints to the process's standard error, past Python, without naming the file; Striate names it."""

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator

# libjpeg's warnings about damaged data, as its jerror.h words them.
LIBJPEG = (
    b"Corrupt JPEG data",
    b"Premature end of JPEG",
    b"Invalid SOS parameters",
    b"Warning: unknown JFIF",
)


@contextlib.contextmanager
def without_libjpeg() -> Iterator[None]:
    """Leave out libjpeg's lines inside; everything that Python prints appears as ever, and at once.

    What other native code prints is held back and appears at the end.
    """
    try:
        sys.stderr.flush()
        ours = sys.stderr if sys.stderr.fileno() == 2 else None
    except (OSError, ValueError, AttributeError):  # replaced by something that is no file
        ours = None
    if ours is None:
        yield
        return
    terminal = os.dup(2)
    with tempfile.TemporaryFile() as native:
        sys.stderr = os.fdopen(
            os.dup(terminal), "w", encoding=ours.encoding, errors="backslashreplace", buffering=1
        )
        os.dup2(native.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.close()
            sys.stderr = ours
            os.dup2(terminal, 2)
            os.close(terminal)
            native.seek(0)
            for line in native:
                if not line.startswith(LIBJPEG):
                    os.write(2, line)
