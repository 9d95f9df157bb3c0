"""The page about heat maps says what was measured, and names every method."""

import json
import re
from itertools import takewhile
from pathlib import Path

import pytest

from striate.explanation.methods import METHODS

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/explain.md").read_text(encoding="utf-8")
RESULTS = ROOT / "benchmarks/results"
MEASURED = json.loads((RESULTS / "explanations.json").read_text(encoding="utf-8"))["results"]["methods"]
COMPARED = json.loads((RESULTS / "grad_cam.json").read_text(encoding="utf-8"))["results"]["maps"]
HEATS = [name for name, row in METHODS.items() if row.kind != "page"]


def table(begin: str) -> dict[str, list[str]]:
    """The cells of the table that begins so, by the name in their first one."""
    lines = takewhile(lambda line: line.startswith("|"), PAGE.split(begin)[1].splitlines()[2:])
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {cells[0].split()[0].strip("`"): cells[1:] for cells in rows}


def numbers(cell: str) -> list[float]:
    """Mean, low and high end of the interval, percentages as shares."""
    scale = 100 if "%" in cell else 1
    return [float(text) / scale for text in re.findall(r"-?[\d.]+", cell)]


@pytest.mark.parametrize("method", ["random", "middle", *HEATS])
def test_the_table_holds_what_was_measured(method):
    row = MEASURED[method]
    shown, *cells = table("| heat | n |")[method]
    assert int(shown) == row["n"] == len(row["each"]["pointing"])
    for name, cell in zip(("pointing", "share", "deletion", "insertion"), cells, strict=True):
        values = row["each"][name]
        mean, low, high = numbers(cell)
        rounding = 0.0051 if "%" in cell else 0.00051
        assert mean == pytest.approx(sum(values) / len(values), abs=rounding + 5e-5)
        assert [low, high] == pytest.approx(row["figures"][name]["interval"], abs=rounding)
        assert low <= mean <= high


def test_the_peers_maps_are_ours_to_a_ten_thousandth():
    shown = table("| method | pictures |")
    assert set(shown) == set(COMPARED)
    for method, (pictures, largest) in shown.items():
        assert int(pictures) == COMPARED[method]["pictures"]
        assert float(largest) == pytest.approx(COMPARED[method]["largest"], rel=0.05)
        assert COMPARED[method]["largest"] == max(COMPARED[method]["each"]) < 1e-4


def test_every_heat_map_has_its_line_on_the_page():
    assert all(f"| `{method}`" in PAGE for method in HEATS)
    assert "Not measured" not in PAGE
