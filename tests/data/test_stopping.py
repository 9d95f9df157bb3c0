"""Ctrl-C while pictures are read ends the command at once, cleanly."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

SLOW = r"""
import os, signal, sys, time
from striate.data import scan
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore Ctrl-C
real = scan.decode_for
def slow(*arguments):
    os.write(1, b"reading\n")
    time.sleep(0.3)  # a large photograph
    return real(*arguments)
scan.decode_for = slow
from striate.cli.main import main
sys.argv = ["striate", *sys.argv[1:]]
try:
    main()
finally:  # what is left is torch's own end, seconds on a busy machine
    print("ended", file=sys.stderr, flush=True)
"""


@pytest.mark.skipif(os.name == "nt", reason="a process cannot send Ctrl-C to another there")
@pytest.mark.parametrize("command", ["train", "check"])
def test_ctrl_c_while_reading_ends_soon_and_leaves_nothing(tmp_path: Path, command: str):
    for label in "ab":
        (tmp_path / "photos" / label).mkdir(parents=True)
        for number in range(400):
            pixels = np.full((8, 8), number % 256, np.uint8)
            Image.fromarray(pixels).save(tmp_path / "photos" / label / f"{number}.png")
    environment = {
        **os.environ,
        "STRIATE_CACHE": str(tmp_path / "cache"),
        "STRIATE_CACHE_BYTES": "100000000",
        "TMPDIR": str(tmp_path / "temporary"),
    }
    (tmp_path / "temporary").mkdir()
    with subprocess.Popen(
        [sys.executable, "-c", SLOW, command, str(tmp_path / "photos")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        cwd=tmp_path,
    ) as process:
        assert process.stdout is not None and process.stdout.readline() == "reading\n"
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        said = []
        while process.stderr is not None and (line := process.stderr.readline()):
            said.append(line)
            if line == "ended\n":
                break
        assert process.wait(timeout=60) == 130
        assert process.stdout.read().count("reading") < 100  # of 800 pictures
        assert "Traceback" not in "".join(said) and said[-1] == "ended\n"
    left = sorted(path.name for path in tmp_path.rglob("*") if path.is_file() and path.suffix != ".png")
    assert left in ([], ["lock"])
