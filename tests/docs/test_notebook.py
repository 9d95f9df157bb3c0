"""The notebook's cells run in order, each as a notebook runs it: its last expression is what it shows."""

import ast
import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

NOTEBOOK = Path(__file__).resolve().parents[2] / "examples" / "see_inside.ipynb"


def cells(kind: str) -> list[str]:
    read = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    assert read["nbformat"] == 4
    return ["".join(cell["source"]) for cell in read["cells"] if cell["cell_type"] == kind]


def shown_by(source: str, names: dict[str, Any]) -> Any:
    parsed = ast.parse(source)
    last = parsed.body.pop()
    assert isinstance(last, ast.Expr), source
    exec(compile(parsed, "cell", "exec"), names)
    return eval(compile(ast.Expression(last.value), "cell", "eval"), names)  # noqa: S307 - our own cells


@pytest.mark.slow
def test_every_cell_of_the_notebook_shows_something(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    shown = [shown_by(source, names) for source in cells("code")]
    figures = [one for one in shown if isinstance(one, Image.Image)]
    assert len(figures) == len(shown) - 2  # the accuracy and the table of layers are no pictures
    assert all(min(figure.size) > 100 for figure in figures)
    accuracy, digit = shown[0]
    assert accuracy > 0.9
    assert Path(digit).is_file()


def test_the_notebook_holds_no_outputs_and_a_word_before_every_kind_of_picture():
    read = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    assert all(not cell["outputs"] for cell in read["cells"] if cell["cell_type"] == "code")
    assert len(cells("markdown")) >= 7
