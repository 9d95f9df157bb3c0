"""The one place where the commands print. Names of files and classes are strangers' and steer no terminal."""

import sys
from typing import Any

from striate.data.wording import one_line
from striate.runs.finite_json import json_text


def say(*lines: str, error: bool = False) -> None:
    """Print each on a line of its own, on stdout or stderr; control characters and direction marks escaped.

    Lines of our own are passed apart: a line break in what is passed is a name's, and is escaped.
    """
    for line in lines or ("",):
        print(one_line(line), file=sys.stderr if error else sys.stdout, flush=error)


def print_json(value: Any) -> None:
    """One line on stdout, with exact names; what is not finite is null.

    What JSON leaves raw but steers a terminal is escaped.
    """
    text = json_text(value)
    if not text.isprintable():
        text = "".join(f"\\u{ord(sign):04x}" if one_line(sign) != sign else sign for sign in text)
    print(text, flush=True)
