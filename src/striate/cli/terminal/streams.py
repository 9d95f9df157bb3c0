"""Standard input, output and errors, as a shell left them: closed, full, or read by nobody."""

import io
import os
import sys
from typing import Any

from striate.errors import WorkFailed


class Output(io.TextIOWrapper):
    """Standard output, whose failure is a sentence; a pipe that nobody reads stays Python's error."""

    def write(self, text: str) -> int:
        """Write, or say why not."""
        if text == "":  # how Click asks what kind of stream it is; it would take a failure for an answer
            return 0
        try:
            return super().write(text)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise _failed(error) from error

    def flush(self) -> None:
        """Flush, or say why not."""
        try:
            super().flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise _failed(error) from error


class Errors(io.TextIOWrapper):
    """Standard error: where it cannot be written, nobody can be told, and the work goes on."""

    def write(self, text: str) -> int:
        """Write what can be written."""
        try:
            return super().write(text)
        except OSError:
            leave(self)
            return len(text)

    def flush(self) -> None:
        """Flush what can be flushed."""
        try:
            super().flush()
        except OSError:
            leave(self)


def open_streams() -> None:
    """Open what is closed, so that no file of ours gets its number, and let failures be said.

    A name that is no text goes out as an escape; `--json` stays JSON with it.
    """
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            # Standard output that was closed cannot be written, and that is an error where something is.
            os.open(os.devnull, os.O_WRONLY if number == 2 else os.O_RDONLY)
    if sys.stdin is None:
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - for the whole process
    if _is_plain(sys.stdout):
        sys.stdout = _instead(Output, sys.stdout, 1)
    if _is_plain(sys.stderr):
        sys.stderr = _instead(Errors, sys.stderr, 2)


def leave(*streams: Any) -> None:
    """Send the streams to nowhere: Python still flushes both at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in streams:
        os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def _is_plain(stream: object) -> bool:
    """Whether it is Python's own, or there is none; a test's or a notebook's is left alone."""
    return stream is None or type(stream) is io.TextIOWrapper


def _instead(kind: type[Output | Errors], stream: Any, number: int) -> Any:
    """The stream as another class; where there was none, one of the file of that number."""
    if not isinstance(stream, io.TextIOWrapper):
        return kind(open(number, "wb", closefd=False), "utf-8", "backslashreplace")
    encoding, line, through = stream.encoding, stream.line_buffering, stream.write_through
    return kind(stream.detach(), encoding, "backslashreplace", line_buffering=line, write_through=through)


def _failed(error: OSError) -> WorkFailed:
    leave(sys.stdout)
    return WorkFailed(f"standard output cannot be written: {error.strerror}. Files that were made are kept.")
