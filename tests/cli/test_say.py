r"""What the commands print steers no terminal, whatever files and classes are called; JSON has exact names.

The oracle is a terminal's: no byte of an escape sequence, and no direction mark, is in the output.
"""

import ast
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from striate.cli.terminal import say as module
from striate.cli.terminal.say import print_json, say

CLI = Path(module.__file__).parent
STEERING = [*map(chr, range(32)), "\x7f", *map(chr, range(0x80, 0xA0)), "\u2028", "\u2029", "\u061c"]
STEERING += [*"\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"]
RED = "red\x1b[31m\x9b2J\u202etac"  # a class's name: red letters, a cleared screen, text from right to left
SHOWN = r"red\x1b[31m\x9b2J\u202etac"
SCRIPTS = [
    "café",
    "cafe\u0301",
    "\u0642\u200c\u0637",
    "देवनागरी",
    "क\u094d\u200dय",
    "猫 ねこ",
    "👩\u200d🔬",
    "1\xa0000",
    "a\\b",
]


@pytest.mark.parametrize("error", [False, True])
def test_what_steers_a_terminal_is_escaped(error: bool, capsys: pytest.CaptureFixture[str]):
    say("a" + "".join(STEERING) + "z", error=error)
    printed = capsys.readouterr()
    line = (printed.err if error else printed.out).removesuffix("\n")
    assert not set(line) & set(STEERING)
    assert line.encode().decode("unicode_escape") == "a" + "".join(STEERING) + "z"  # nothing is lost


@pytest.mark.parametrize("text", SCRIPTS, ids=ascii)
def test_every_script_stays_as_it_is(text: str, capsys: pytest.CaptureFixture[str]):
    say(text)
    assert capsys.readouterr().out == f"{text}\n"


def test_json_keeps_exact_names_and_steers_nothing(capsys: pytest.CaptureFixture[str]):
    names = ["".join(STEERING), RED, "café", "猫", "👩\u200d🔬"]
    print_json({name: name for name in names})
    line = capsys.readouterr().out.removesuffix("\n")
    assert not set(line) & set(STEERING)
    assert json.loads(line) == {name: name for name in names}
    assert "café" in line and "猫" in line


@pytest.mark.parametrize("file", sorted(CLI.glob("*.py")), ids=lambda file: file.stem)
def test_no_command_prints_past_say(file: Path):
    names = [node.id for node in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(node, ast.Name)]
    assert "print" not in names or file.stem == "say"


def striate(*words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "striate", *words],
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        timeout=240,
        check=False,
    )
    assert done.returncode == code, done.stderr[-2000:]
    for stream in (done.stdout, done.stderr):
        assert not set(stream) & (set(STEERING) - {"\n"}), ascii(stream)
    return done


@pytest.mark.promise
@pytest.mark.skipif(os.name == "nt", reason="such names are impossible there")
def test_hostile_names_of_classes_files_and_folders_reach_no_terminal(digits: Path, tmp_path: Path):
    data = tmp_path / "da\x1b]0;ta"
    shutil.copytree(digits / "digit 0", data / RED)
    shutil.copytree(digits / "digit 1", data / "plain")
    (data / RED / "no\rpic\x1b[2Kture.png").write_text("text")
    cut = (data / RED / "000.png").read_bytes()
    (data / "plain" / "cut\u2066\n.png").write_bytes(cut[:-12])
    assert SHOWN in striate("check", str(data), "--out", str(tmp_path / "page\x07.html")).stdout
    found = json.loads(striate("check", str(data), "--json").stdout)
    assert RED in found["classes"] and found["problems"]["unreadable"][0]["file"].startswith(RED)
    small = [
        "--model",
        "lenet5",
        "--image-size",
        "32",
        "--epochs",
        "1",
        "--out",
        str(tmp_path),
        "--name",
        "run",
    ]
    assert SHOWN in striate("train", str(data), *small).stderr
    run, picture = str(tmp_path / "classify" / "run"), str(data / RED / "000.png")
    table = striate("evaluate", run).stdout.splitlines()
    assert any(line.startswith(f"{SHOWN}  ") for line in table)
    assert len({len(line) for line in table[-2:]}) == 1  # the columns stand
    assert striate("predict", run, picture).stdout.count("\n") == 1
    striate("explain", run, picture, "--out", str(tmp_path / "maps"))
    striate("evaluate", str(data), code=2)
    told = json.loads(striate("predict", run, picture, "--json").stdout)
    assert told["file"] == picture
