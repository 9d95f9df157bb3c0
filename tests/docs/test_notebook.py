"""The notebook runs in Jupyter's own kernel, and every cell shows something there."""

from pathlib import Path
from typing import Any

import pytest

NOTEBOOK = Path(__file__).resolve().parents[2] / "examples" / "see_inside.ipynb"
nbformat = pytest.importorskip("nbformat", reason="the notebook needs Jupyter: pip install -e '.[dev]'")


def notebook() -> Any:
    return nbformat.read(NOTEBOOK, as_version=4)


def cells(read: Any, kind: str) -> list[Any]:
    return [cell for cell in read.cells if cell.cell_type == kind]


@pytest.mark.slow
@pytest.mark.timeout(1200)  # under a minute alone, many on a busy machine
def test_every_cell_of_the_notebook_shows_something_in_jupyter(tmp_path):
    client = pytest.importorskip("nbclient", reason="running it needs nbclient")
    pytest.importorskip("ipykernel", reason="running it needs ipykernel")
    read = notebook()
    client.NotebookClient(read, timeout=600, resources={"metadata": {"path": str(tmp_path)}}).execute()
    shown = {cell.source: [one.data for one in cell.outputs if "data" in one] for cell in cells(read, "code")}
    assert all(shown.values())
    pictures = [cell for cell, outputs in shown.items() if any("image/png" in one for one in outputs)]
    assert len(pictures) >= 11
    for last in ("run", "run.history", "run.plot()", "anatomy", 'anatomy.explain("c1")', "network"):
        (source,) = (source for source in shown if source.splitlines()[-1] == last)
        assert "text/html" in shown[source][-1], last
    (answer,) = (outputs for source, outputs in shown.items() if source.startswith("network.predict"))
    (audit,) = (outputs for source, outputs in shown.items() if "striate.check" in source)
    assert "<table>" in answer[-1]["text/html"] and "<table>" in audit[-1]["text/html"]


def test_the_notebook_is_valid_holds_no_outputs_and_a_word_before_every_kind_of_picture():
    read = notebook()
    nbformat.validate(read)
    assert all(not cell["outputs"] for cell in cells(read, "code"))
    assert len(cells(read, "markdown")) >= 10


def test_readme_and_docs_lead_to_the_notebook():
    root = NOTEBOOK.parents[1]
    for page in ("README.md", "docs/README.md"):
        assert "examples/see_inside.ipynb" in (root / page).read_text()
