"""What README and examples show works: Python blocks run, command lines exist, links lead somewhere."""

import re
import runpy
import shlex
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCS = sorted(path.name for path in (ROOT / "docs").glob("*.md"))
DECISIONS = sorted(path.name for path in (ROOT / "docs/decisions").glob("0*.md"))
PAGES = [
    *("README.md", "CONTRIBUTING.md", "docs/decisions/README.md", "docs/pictures/NOTICE.md"),
    *(f"docs/{name}" for name in DOCS),
    *(f"docs/decisions/{name}" for name in DECISIONS),
]


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", (ROOT / page).read_text(), flags=re.DOTALL)


def command_lines() -> list[str]:
    """Commands between backticks, and lines of blocks, of the README and the pages of docs."""
    found = set()
    for page in ("README.md", *(f"docs/{name}" for name in DOCS)):
        text = (ROOT / page).read_text()
        found |= {" ".join(words.split()) for words in re.findall(r"`(striate [^`]+)`", text)}
        found |= {line.strip() for line in text.splitlines() if re.match(r"(    )?striate [a-z]", line)}
    return sorted(line for line in found if not line.startswith("striate -"))


def test_the_readme_is_a_front_door():
    assert (ROOT / "README.md").read_text().count("\n") <= 120


def test_the_python_of_the_readme_runs(digits, tmp_path, monkeypatch, capsys):
    shutil.copytree(digits, tmp_path / "photos")
    shutil.copy(digits / "digit 0" / "000.png", tmp_path / "cat.jpg")
    monkeypatch.chdir(tmp_path)
    for block in blocks("README.md", "python"):
        exec(compile(block, "README.md", "exec"), {})
    assert "report.html" in capsys.readouterr().out


@pytest.mark.parametrize("line", command_lines())
def test_command_lines_of_readme_and_docs_exist(line):
    import typer.main

    from striate.cli.main import app

    words = [word for word in shlex.split(line, comments=True)[1:] if word != "|"]
    commands = typer.main.get_command(app).commands
    known = {option for parameter in commands[words[0]].params for option in parameter.opts}
    assert {word for word in words if word.startswith("-")} - {"-"} <= known | {"--help"}


def test_every_page_is_listed_once_in_order():
    assert (
        re.findall(r"^\| \[\d+\]\((.*?)\)", (ROOT / "docs/decisions/README.md").read_text(), re.M)
        == DECISIONS
    )
    index = (ROOT / "docs/README.md").read_text()
    assert [name for name in DOCS if name != "README.md" and f"({name})" not in index] == []


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)\)", (ROOT / page).read_text()):
        assert target.startswith("https://") or ((ROOT / page).parent / target).exists(), target


@pytest.mark.parametrize("example", sorted(path.name for path in (ROOT / "examples").glob("*.py")))
def test_examples_run_and_are_short(example, digits, tmp_path, monkeypatch, capsys):
    path = ROOT / "examples" / example
    assert path.read_text().count("\n") <= 60
    monkeypatch.setattr("sys.argv", [str(path), str(digits), str(tmp_path)])
    runpy.run_path(str(path), run_name="__main__")
    assert str(tmp_path) in capsys.readouterr().out
