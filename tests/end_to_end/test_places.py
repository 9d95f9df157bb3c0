"""Boxes and points through the ordinary commands: train, evaluate, predict and report, as a user would."""

import csv
import json

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file
from typer.testing import CliRunner

from striate.cli.main import app
from striate.errors import StriateError

SIDE = 48


def call(*words):
    result = CliRunner().invoke(app, [str(word) for word in words])
    assert result.exit_code == 0, result.output
    return result.stdout


def square(folder, number, generator):
    """A red or a green square on noise; its box, or nothing in every eighth picture."""
    pixels = generator.integers(60, 190, (SIDE, SIDE + 16, 3)).astype(np.uint8)
    kind, box = ("red", "green")[number % 2], None
    if number % 8:
        side = int(generator.integers(14, 26))
        x, y = (int(generator.integers(0, room - side)) for room in (SIDE + 16, SIDE))
        pixels[y : y + side, x : x + side] = (240, 20, 20) if kind == "red" else (20, 220, 20)
        box = (x, y, x + side, y + side)
    name = f"{number:03}.png"
    Image.fromarray(pixels).save(folder / name)
    return name, kind, box


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """Sixty pictures, a table of boxes and one of the squares' corners."""
    folder, generator = tmp_path_factory.mktemp("squares"), np.random.default_rng(0)
    boxes, points = folder / "boxes.csv", folder / "points.csv"
    with boxes.open("w", newline="") as one, points.open("w", newline="") as other:
        first, second = csv.writer(one), csv.writer(other)
        first.writerow(["image", "x1", "y1", "x2", "y2", "label"])
        second.writerow(["image", "x1", "y1", "x2", "y2"])
        for number in range(60):
            name, kind, box = square(folder, number, generator)
            first.writerow([name, *(box or [""] * 4), kind if box else ""])
            second.writerow([name, *(box or [""] * 4)])
    return boxes, points


TRAIN = ("--model", "lenet5", "--image-size", 32, "--epochs", 2, "--seed", 1)


def test_boxes_from_train_to_report(tables, tmp_path):
    call("train", tables[0], "--task", "locate", *TRAIN, "--out", tmp_path)
    (run,) = (tmp_path / "locate").iterdir()
    evaluation = json.loads((run / "evaluation.json").read_text())
    assert {"accuracy", "iou50", "iou50_interval", "mean_iou", "false_alarms"} <= set(evaluation["metrics"])
    assert sum(evaluation["iou_histogram"]) == evaluation["objects"]
    measured = json.loads(call("evaluate", run, tables[0], "--json"))
    assert 0 <= measured["metrics"]["iou50"] <= 1
    said = json.loads(call("predict", run, tables[0].parent / "001.png", "--json"))
    assert {"file", "xyxy", "label", "probability", "present", "presence"} <= set(said)
    explained = call("explain", run, tables[0].parent / "001.png", "--out", tmp_path / "why")
    assert "Traceback" not in explained and list((tmp_path / "why").iterdir())
    call("report", run)
    page = (run / "report.html").read_text()
    assert "How well the boxes lie" in page and "Class and box right" in page


def test_points_from_train_to_report(tables, tmp_path):
    call("train", tables[1], "--task", "landmarks", *TRAIN, "--out", tmp_path)
    (run,) = (tmp_path / "landmarks").iterdir()
    metrics = json.loads((run / "evaluation.json").read_text())["metrics"]
    assert metrics["mean_distance"] < 40 and metrics["mean_distance_interval"][0] > 0
    said = json.loads(call("predict", run, tables[1].parent / "001.png", "--json"))
    assert {"file", "points", "present", "presence"} <= set(said)
    assert "Point by point" in (run / "report.html").read_text()
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no picture")  # its line has every column as well
    table = tmp_path / "answers.csv"
    words = ("predict", run, tables[1].parent / "001.png", broken, "--csv", table)
    assert CliRunner().invoke(app, [str(word) for word in words]).exit_code != 0  # one file has no answer
    header, line, bad = csv.reader(table.read_text().splitlines())
    columns = ["presence", "x1", "y1", "v1", "x2", "y2", "v2"]
    assert header == ["file", *columns, "damaged", "error"] and len(line) == len(bad) == len(header)
    row = dict(zip(header, line, strict=True))
    places = [[float(row[f"{axis}{number}"]) for axis in "xy"] for number in (1, 2)] if row["x1"] else None
    assert places == (said["points"] and [[point["x"], point["y"]] for point in said["points"]])


def test_a_run_goes_on_from_an_earlier_one_with_its_head_where_the_answers_are_the_same(tables, tmp_path):
    call("train", tables[0], "--task", "locate", *TRAIN, "--out", tmp_path / "first")
    (first,) = (tmp_path / "first" / "locate").iterdir()
    again = (*TRAIN, "--weights", first, "--epochs", 1, "--lr", 1e-12)
    call("train", tables[0], "--task", "locate", *again, "--out", tmp_path / "second")
    (second,) = (tmp_path / "second" / "locate").iterdir()
    before, after = (load_file(run / "best.safetensors") for run in (first, second))
    assert before.keys() == after.keys()
    assert all(torch.allclose(before[name], after[name], atol=1e-4) for name in before if "norm" not in name)
    words = ("train", tables[1], "--task", "landmarks", *again, "--out", tmp_path / "third")
    result = CliRunner().invoke(app, [str(word) for word in words])
    assert result.exit_code == 0 and "the head is a new one" in result.output


def test_what_a_task_cannot_do_is_one_line(tables, tmp_path):
    call("train", tables[0], "--task", "locate", *TRAIN, "--epochs", 1, "--out", tmp_path)
    (run,) = (tmp_path / "locate").iterdir()
    for words in (("--flips",), ("--engine", "openvino-int8")):
        result = CliRunner().invoke(app, ["predict", str(run), str(tables[0].parent / "001.png"), *words])
        assert isinstance(result.exception, StriateError) and "locate" in str(result.exception)
