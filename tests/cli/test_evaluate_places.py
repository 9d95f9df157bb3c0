"""`striate evaluate` names wrong pictures for tasks whose answers are places, through the same door."""

import csv
import io
import json

import numpy as np
import pytest
from PIL import Image, ImageDraw

from striate.runs.record import RunRecord

COLUMNS = {"locate": ("x1", "y1", "x2", "y2", "label"), "landmarks": ("x1", "y1", "x2", "y2")}


def painted(folder, task, count, seed):
    """Squares on noise, and a table of their boxes or of two of their corners."""
    rng, rows = np.random.default_rng(seed), [("image", *COLUMNS[task])]
    folder.mkdir()
    for number in range(count):
        image = Image.fromarray(rng.integers(0, 255, (48, 64, 3), dtype=np.uint8))
        x, y, side = (int(rng.integers(low, high)) for low, high in ((2, 40), (2, 28), (12, 18)))
        ImageDraw.Draw(image).rectangle((x, y, x + side, y + side), fill=("red", "blue")[number % 2])
        image.save(folder / f"{number}.png")
        label = (("red", "blue")[number % 2],) if task == "locate" else ()
        rows.append((f"{number}.png", x, y, x + side, y + side, *label))
    table = io.StringIO()
    csv.writer(table).writerows(rows)
    (folder / "truths.csv").write_text(table.getvalue())
    return folder / "truths.csv"


@pytest.mark.parametrize("task", ["locate", "landmarks"])
def test_places_have_mistakes_tables_pages_and_months(striate, tmp_path, task):
    data, new = painted(tmp_path / "data", task, 40, 0), painted(tmp_path / "new", task, 12, 1)
    words = ("train", data, "--task", task, "--model", "lenet5", "--transfer", "scratch", "--epochs", 1)
    run = json.loads(striate(*words, "--out", tmp_path / "runs", "--json")[1])["run"]
    table, page = tmp_path / "new.csv", tmp_path / "new.html"
    code, out, _ = striate("evaluate", run, new, "--csv", table, "--out", page, "--json")
    found = json.loads(out)
    rows = list(csv.DictReader(io.StringIO(table.read_text())))
    wrong = {one["file"] for one in found["mistakes"]}
    assert code == 0 and len(rows) == 12 and wrong  # one epoch finds hardly any
    assert wrong == {row["file"] for row in rows if row["right"] == "no"}
    assert page.read_text().count("data:image/png") >= min(12, len(wrong))
    if task == "locate":
        assert {"truth", "label", "probability"} <= set(found["mistakes"][0])
        assert (tmp_path / "new-classes.csv").exists()
    (kept,) = RunRecord.open(run).kept_evaluations[0]
    assert (
        kept.right == 12 - len(wrong)
        and kept.confidence is None
        and set(kept.inputs) == {*("brightness", "size", "sharpness")}
    )
    shown = json.loads(striate("compare", run, "--evaluations", "--json")[1])["evaluations"]
    assert [one["data"] for one in shown] == ["its own part", str(new)]
    assert {one["name"] for one in shown[1]["changes"]} == {"right answers"}
