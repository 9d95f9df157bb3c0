"""Random commands with random flags and hostile values: an exit code and a line, never a traceback.

The seed is fixed, so that the calls are the same every time. Everything happens in one process, the
command line's own `main`, and an audit hook sees every file that is opened for writing.
"""

import io
import os
import random
import sys
import tempfile
import warnings
from pathlib import Path
from types import SimpleNamespace

import pytest
import typer
from tests.conftest import write_digits

from striate.cli.main import app, main

CALLS = 530
HUGE = "99999999999999999999"
NUMBERS = [
    "-1",
    "0",
    "1",
    "-99999999999999999999",
    "99999999999999999999",
    "1e400",
    "nan",
    "-inf",
    "0.5",
    "1/2",
]
TEXTS = [
    "",
    " ",
    "\0",
    "a\0b",
    "ü😀",
    "\udcff",
    "-",
    "[",
    "%s {0}",
    "a" * 5000,
    "1x0x3",
    "-5x3",
    "1,nan,,2",
    ".",
]
WATCHED = SimpleNamespace(on=False, inside=(), outside=set())


def watch(event: str, arguments: tuple[object, ...]) -> None:
    """What is written or made anywhere but below the allowed folders."""
    if not WATCHED.on:
        return
    if event == "open":
        path, _, flags = arguments
        writes = isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        if not writes or not isinstance(path, str | bytes):
            return
    elif event in {"os.mkdir", "os.rename"}:
        path = arguments[1 if event == "os.rename" else 0]
    else:
        return
    full = os.path.abspath(os.fsdecode(path))  # noqa: PTH100 - no links are followed
    if not full.startswith(WATCHED.inside) and "__pycache__" not in full:
        WATCHED.outside.add(f"{event} {full}")


@pytest.fixture(scope="module")
def place(tmp_path_factory, digits_run):
    """A folder to stand in, with data, a run, and paths of every wrong kind."""
    home = tmp_path_factory.mktemp("hostile calls")
    write_digits(home / "digits", "012", 7)
    (home / "empty").mkdir()
    (home / "text.txt").write_text("no picture\n")
    (home / "table.csv").write_text("image,label\nnowhere.png,a\nnor here.png,b\n")
    (home / "noise.png").write_bytes(bytes(range(256)) * 8)
    (home / "noise.pth").write_bytes(bytes(range(256)) * 8)
    (home / "config.toml").write_text('epochs = "many"\n')
    (home / "run").symlink_to(digits_run)
    return home


def values(home: Path) -> dict[str, list[str]]:
    """Good values by the name of a parameter; the others get hostile ones only."""
    picture = str(next((home / "digits").rglob("*.png")).relative_to(home))
    return {
        "data": ["digits"],
        "run": ["run"],
        "runs": ["run"],
        "model": ["lenet5"],
        "images": [picture],
        "pictures": [picture],
        "files": [picture],
        "method": ["grad-cam", "saliency", "layer-cam"],
        "augment": ["light", "mixup", "none"],
        "epochs": ["1"],
        "batch_size": ["4", "2"],
        "image_size": ["32"],
        "out": ["made"],
        "seed": ["7"],
        "engine": ["torch"],
        "top": ["2"],
        "classes": ["5"],
    }


PATHS = [
    "missing",
    "digits",
    "empty",
    "text.txt",
    "table.csv",
    "noise.png",
    "noise.pth",
    "config.toml",
    "run",
]
FIXED = {"train": ["--model", "lenet5", "--epochs", "1", "--out", "runs"], "explain": ["--out", "seen"]}
LEFT_OUT = {"demo", "doctor"}  # they take seconds, and have next to no options
NEVER = {"ladder": {"data": ["digits"]}}  # a good call trains six networks


def calls(home: Path) -> list[list[str]]:
    drawn = random.Random(20)
    good = values(home)
    commands = typer.main.get_command(app).commands
    found = []
    for _ in range(CALLS):
        name = drawn.choice(sorted(commands.keys() - LEFT_OUT))
        words = [name, *FIXED.get(name, [])]
        options = [p for p in commands[name].params if p.opts[0].startswith("-") and p.name != "help"]
        arguments = [p for p in commands[name].params if not p.opts[0].startswith("-")]
        for option in drawn.sample(options, min(len(options), drawn.randint(0, 3))):
            words.append(option.opts[0])
            if not option.is_flag:
                words.append(value(drawn, good.get(option.name, []), 0.3))
        for argument in arguments:
            usual = (
                [] if name in NEVER and argument.name in NEVER[name] else good.get(argument.name, ["digits"])
            )
            words.append(value(drawn, usual, 0.7))
        found.append(words)
    return found


def value(drawn: random.Random, usual: list[str], often: float) -> str:
    if usual and drawn.random() < often:
        return drawn.choice(usual)
    return drawn.choice([*NUMBERS, *TEXTS, *(path for path in PATHS if path != "digits" or usual)])


def called(words: list[str], monkeypatch) -> tuple[int, str]:
    """Exit code and standard error of one call."""
    out, errors = io.StringIO(), io.StringIO()
    monkeypatch.setattr(sys, "argv", ["striate", *words])
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", errors)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            main()
        except SystemExit as ended:
            return int(ended.code or 0), errors.getvalue()
    return 0, errors.getvalue()


@pytest.mark.promise
@pytest.mark.timeout(900)
def test_hundreds_of_hostile_calls(place, monkeypatch):
    monkeypatch.chdir(place)
    monkeypatch.setenv("STRIATE_CACHE", str(place / "cache"))
    (place / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place / "tmp"))
    WATCHED.inside = (str(place), "/dev/", "/proc/")
    sys.addaudithook(watch)  # it stays to the end of the process, and is switched off below
    wrong = []
    for words in calls(place):
        WATCHED.on = True
        try:
            code, said = called(words, monkeypatch)
        except BaseException as error:  # noqa: BLE001 - each one is what this test looks for
            wrong.append(f"{words}: {type(error).__name__}: {str(error)[:200]}")
            continue
        finally:
            WATCHED.on = False
            monkeypatch.setattr(sys, "stdout", sys.__stdout__)
        lines = [line for line in said.split("\n") if line.startswith("error:")]
        if code not in {0, 1, 2} or "Traceback" in said:
            wrong.append(f"{words}: exit {code}, {said[-300:]}")
        elif code == 2 and (len(lines) != 1 or not said.endswith(f"{lines[0]}\n")):
            wrong.append(f"{words}: not one line: {said[-300:]}")
    assert not WATCHED.outside
    assert not wrong, "\n".join(wrong)
