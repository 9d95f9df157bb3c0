"""libjpeg's lines are left out, ours and other native code's are not; in a process of its own."""

import subprocess
import sys

PROGRAM = """
import os, sys
from striate.cli.terminal.native_messages import without_libjpeg
with without_libjpeg():
    os.write(2, b"Corrupt JPEG data: 7 extraneous bytes before marker 0xd9\\n")
    os.write(2, b"a fault of the driver\\n")
    print("ours", file=sys.stderr, flush=True)
    os.write(2, b"Premature end of JPEG file\\n")
print("after", file=sys.stderr)
os.write(2, b"Corrupt JPEG data: seen again\\n")
"""


def test_only_libjpegs_lines_are_missing():
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert done.stderr.splitlines() == [
        "ours",
        "a fault of the driver",
        "after",
        "Corrupt JPEG data: seen again",
    ]
