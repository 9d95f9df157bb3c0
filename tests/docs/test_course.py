"""The course's table: all rows, true counts, and nothing shown by what does not exist."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest
import typer

import striate
from striate.cli.main import app
from striate.models.catalog import MODELS

ROOT = Path(__file__).resolve().parents[2]
COURSE = (ROOT / "docs/course.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in COURSE.splitlines()
    if re.match(r"\|\s*\d", line)
]
SHOWN_BY = {row[0]: row[-1] for row in ROWS}
COMMANDS = typer.main.get_command(app).commands


@cache
def names_of_tests(file: Path) -> set[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def missing(reference: str) -> str | None:
    """Why what is named between backticks does not exist, or None if it does."""
    words = reference.split()
    if words[0] == "striate" and len(words) > 1:
        if words[1] not in COMMANDS:
            return "no such command"
        known = {name for parameter in COMMANDS[words[1]].params for name in parameter.opts}
        unknown = {word for word in words[2:] if word.startswith("-")} - known
        return f"no such option: {unknown}" if unknown else None
    if reference.startswith("striate."):
        return None if reference.removeprefix("striate.") in striate.__all__ else "no such public name"
    if "/" in reference:
        path, _, test = reference.partition("::")
        if not (ROOT / path).exists():
            return "no such file"
        return "no such test" if test and test not in names_of_tests(ROOT / path) else None
    return None if reference in MODELS else "no such network"


def status(shown_by: str) -> str:
    return shown_by if shown_by == "not yet" else "partly" if shown_by.startswith("partly: ") else "shown"


def test_all_150_rows_are_there_once_and_in_order():
    assert [row[0] for row in ROWS] == [str(number) for number in range(1, 151)]
    assert all(len(row) == 4 and all(row) for row in ROWS)


def test_the_first_line_counts_the_table():
    counted = [status(shown_by) for shown_by in SHOWN_BY.values()]
    lines = [line for line in COURSE.splitlines() if line and not line.startswith("#")]
    assert lines[0] == f"**{counted.count('shown')} of 150 shown, {counted.count('partly')} partly.**"


@pytest.mark.parametrize("number", SHOWN_BY)
def test_what_a_row_is_shown_by_exists(number):
    shown_by = SHOWN_BY[number]
    references = re.findall(r"`([^`]+)`", shown_by)
    assert {name: why for name in references if (why := missing(name))} == {}
    assert bool(references) == (status(shown_by) != "not yet")
    assert shown_by.count("`") == 2 * len(references)
    if status(shown_by) == "partly":
        assert re.search(r"\bnot\b", shown_by), "a row partly shown says what is not"


@pytest.mark.parametrize(
    ("reference", "why"),
    [
        ("striate train --optimizer sgd", None),
        ("striate dream", "no such command"),
        ("striate train --dream", "no such option: {'--dream'}"),
        ("striate.train", None),
        ("striate.dream", "no such public name"),
        ("tests/docs/test_course.py::test_all_150_rows_are_there_once_and_in_order", None),
        ("tests/docs/test_course.py::test_nothing", "no such test"),
        ("tests/docs/nothing.py", "no such file"),
        ("lenet5", None),
        ("resnet35", "no such network"),
    ],
)
def test_a_name_that_does_not_exist_would_be_noticed(reference, why):
    assert missing(reference) == why
