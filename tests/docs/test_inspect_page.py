"""The pages about inspect: what they show is what the commands do today."""

import shlex
import sys
from pathlib import Path

import pytest

from striate.cli.main import main

DOCS = Path(__file__).resolve().parents[2] / "docs"
LINES = [line.strip() for line in (DOCS / "inspect.md").read_text().splitlines()]
COMMANDS = [line for line in LINES if line.startswith("striate ")]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_of_the_page_runs(command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = shlex.split(command, comments=True)
    monkeypatch.setattr(sys, "argv", words)
    with pytest.raises(SystemExit) as end:
        main()
    assert not end.value.code
    named = [word for word in words if word.endswith((".md", ".tex", ".csv", ".html"))]
    assert all((tmp_path / name).is_file() for name in named)


def test_the_lines_of_arithmetic_are_todays(capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["striate", "inspect", "lenet5", "--explain", "c1"])
    with pytest.raises(SystemExit):
        main()
    told = capsys.readouterr().out.splitlines()
    shown = [line for line in LINES if line.startswith(("parameters  ", "receptive field  "))]
    assert len(shown) == 2 and set(shown) <= set(told)


def test_the_python_of_the_page_runs(capsys):
    code = (DOCS / "inspect.md").read_text().split("```python\n")[1].split("```")[0]
    exec(compile(code, "inspect.md", "exec"), {})
    out = capsys.readouterr().out
    assert "| c1 | Conv2d | 6x28x28 |" in out and r"\begin{longtable}" in out
