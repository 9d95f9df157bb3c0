"""A task that only tests know is measured, asked, reported and refused by the ordinary commands."""

import csv
import json
import re

import numpy as np
import pytest
from PIL import Image
from tests.cli.test_commands import striate  # noqa: F401
from tests.tasks import toy_points

from striate.actions.load import load
from striate.actions.train import train
from striate.data.datasets.recognise import open_dataset
from striate.data.decoding.decode import as_picture
from striate.explaining.heat_of_mistakes import heat_of_mistakes


@pytest.fixture(scope="module")
def spots(tmp_path_factory):
    return toy_points.write_spots(tmp_path_factory.mktemp("spots"), 40)


@pytest.fixture(scope="module")
def run(spots, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        toy_points.register(patch)
        out = tmp_path_factory.mktemp("runs")
        return train(spots, task="toy", lr=0.01, fit="pad", epochs=6, out=out, name="run").path


@pytest.fixture(autouse=True)
def known(monkeypatch):
    toy_points.register(monkeypatch)


def test_evaluate_says_what_the_task_says(striate, run, spots):  # noqa: F811
    code, out, _ = striate("evaluate", run)
    distance = json.loads((run / "evaluation.json").read_text())["metrics"]["distance"]
    assert code == 0
    assert out == f"spots are missed by {distance:.2f} pixels on 6 test pictures\n"
    told = json.loads(striate("evaluate", run, "--json")[1])
    assert told["metrics"] == {"distance": pytest.approx(distance, abs=1e-4)} and told["per_class"] == {}
    code, out, said = striate("evaluate", run, spots)
    assert code == 0 and "on 40 pictures" in out and "34 of these 40 pictures trained or selected" in said


def test_evaluate_measures_the_distance_in_the_pixels_of_the_users_pictures(run, spots):
    dataset = open_dataset(spots, truths=("points",), classes=0)
    truths = {item.name: item.truth.points[0].tolist() for item in dataset.items}
    distances = []
    for name in json.loads((run / "dataset.json").read_text())["split"]["test"]:
        spot, (x, y) = load(run).predict(spots.parent / name), truths[name]
        distances.append(((spot.x - x) ** 2 + (spot.y - y) ** 2) ** 0.5)
    written = json.loads((run / "evaluation.json").read_text())["metrics"]["distance"]
    assert sum(distances) / len(distances) == pytest.approx(written, abs=1e-3)


def test_predict_prints_lines_json_and_a_table_of_the_tasks_columns(striate, run, spots, tmp_path):  # noqa: F811
    file, table = spots.parent / "000.png", tmp_path / "answers.csv"
    (tmp_path / "bad.png").write_text("no picture")
    spot = load(run).predict(file)
    code, out, said = striate("predict", run, tmp_path / "bad.png", file, "--csv", table)
    assert code == 1 and "error: " in out.splitlines()[0] and f"answers: {table}" in said
    assert out.splitlines()[1].endswith(f"x {spot.x:.5g}, y {spot.y:.5g}")
    with table.open(newline="") as lines:
        bad, good = csv.DictReader(lines)
    assert list(good) == ["file", "x", "y", "damaged", "error"]
    assert (float(good["x"]), float(good["y"])) == pytest.approx((spot.x, spot.y), abs=1e-3)
    assert bad["x"] == bad["y"] == "" and bad["error"]
    code, out, _ = striate("predict", run, file, "--json")
    told = json.loads(out)
    assert code == 0 and told["spot"] == pytest.approx([spot.x, spot.y], abs=1e-3)
    assert striate("predict", run, file, "--csv", table)[0] == 0, "our own table is replaced"
    table.write_text('"file","somebody"\n')
    assert striate("predict", run, file, "--csv", table)[0] == 2 and "somebody" in table.read_text()


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--engine", "openvino-int8"], "int8 is not known for toy"),
        (["--flips"], "--flips and --scales are not known for toy"),
        (["--scales", "1.2"], "--flips and --scales are not known for toy"),
        (["--unsure", "0.5"], "answers of toy have none; leave them out"),
        (["--precision", "0.9"], "answers of toy have none; leave them out"),
        (["--top", "3"], "answers of toy have none; leave them out"),
        (["--copy-to", "sorted"], "answers of toy have none; leave them out"),
        (["--with"], "runs of toy do not answer together"),
    ],
)
def test_what_the_task_cannot_do_is_refused_in_one_line(striate, run, spots, flags, message):  # noqa: F811
    flags = [*flags, run] if flags == ["--with"] else flags
    code, out, said = striate("predict", run, spots.parent / "000.png", *flags)
    assert code == 2 and out == "" and message in said and said.count("\n") == 1
    if flags[0] in ("--engine", "--flips", "--scales"):
        code, out, said = striate("evaluate", run, *flags)
        assert code == 2 and message in said and said.count("\n") == 1


def test_a_run_of_another_task_does_not_answer_with_it(striate, run, digits_run, spots):  # noqa: F811
    code, _, said = striate("predict", digits_run, spots.parent / "000.png", "--with", run)
    assert code == 2 and "network 2 is one of toy, the first of classify" in said


def test_the_report_has_the_common_part(striate, run, tmp_path):  # noqa: F811
    page_file = tmp_path / "page.html"
    assert striate("report", run, "--out", page_file)[0] == 0
    page = page_file.read_text(encoding="utf-8")
    text = re.sub(r"\s+", " ", re.sub(r"<style.*?</style>|<[^>]*>", " ", page, flags=re.DOTALL))
    distance = json.loads((run / "evaluation.json").read_text())["metrics"]["distance"]
    assert "Evaluated on 6 test pictures." in text and f"distance {distance:.3f}" in text
    for title in ("Loss", "Sideways", "Validation distance"):
        assert f"<figcaption>{title}</figcaption>" in page
    assert page.count('<img src="data:image/png') == 6 and "true x" in text
    for word in ("accuracy", "Calibration", "confus", "Class by class"):
        assert word not in text
    with Image.open(run / "pictures" / "mistake-01.png") as drawn:
        assert drawn.mode == "RGB", "the answer is drawn into it in colour"


def test_heat_is_refused_and_maps_are_shown(striate, run, spots, tmp_path):  # noqa: F811
    file = spots.parent / "000.png"
    code, _, said = striate("explain", run, file, "--out", tmp_path / "heat")
    assert code == 2 and "answers of toy are none; --method activations" in said
    code, _, said = striate("explain", run, file, "--method", "invariance")
    assert code == 2 and "answers of toy have none" in said
    assert striate("explain", run, file, "--method", "activations", "--out", tmp_path / "maps")[0] == 0
    assert list((tmp_path / "maps").rglob("*.png"))


def test_heat_explains_the_questions_that_the_task_names(striate, run, spots, tmp_path, monkeypatch):  # noqa: F811
    """They need not be classes, nor have probabilities."""
    task = toy_points.FIND_SPOT
    monkeypatch.setattr(task, "explained", lambda network: network)
    monkeypatch.setattr(task, "questions", lambda _: ("across", "down"))
    file = spots.parent / "000.png"
    code, _, said = striate("explain", run, file, "--class", "along")
    assert code == 2 and "knows across, down" in said
    words = ("explain", run, file, "--class", "down", "--method", "occlusion", "--out", tmp_path, "--json")
    code, out, said = striate(*words)
    told = json.loads(out)
    assert code == 0, said
    assert told["class"] == "down" and told["probability"] is None
    network = load(run)
    assert told["score"] == pytest.approx(
        float(network.outputs(network.fit(file).picture[None])[0][0, 1]), abs=1e-4
    )

    picture = as_picture(file)
    answer = network.predict(file)
    assert heat_of_mistakes(network, [picture], [answer]) == [None], "no question is the answer's own"
    monkeypatch.setattr(task, "question_of", lambda answer: "down" if answer.x >= 0 else None)
    silent, drawn = heat_of_mistakes(network, [picture, picture], [toy_points.Spot(-1.0, 0.0), answer])
    assert silent is None and drawn is not None


@pytest.mark.parametrize("words", [(), ("spots.csv",)])
def test_the_pictures_of_its_data_are_mapped(striate, run, spots, tmp_path, words):  # noqa: F811
    given = [spots.parent / word for word in words]
    out = tmp_path / "out"
    code, _, said = striate("explain", run, *given, "--method", "embedding", "--out", out)
    assert code == 0, said
    assert list(out.rglob("*.png"))


def test_predict_draws_into_copies_of_the_pictures(striate, run, spots, digits_run, digits, tmp_path):  # noqa: F811
    files = [spots.parent / name for name in ("000.png", "001.png")]
    code, out, said = striate("predict", run, *files, "--draw", tmp_path / "drawn", "--json")
    assert code == 0 and len(out.splitlines()) == 2 and f"drew 2 pictures to {tmp_path / 'drawn'}" in said
    for file in files:
        spot = load(run).predict(file)
        pixels = as_picture(tmp_path / "drawn" / file.name).permute(1, 2, 0).numpy()
        assert pixels.shape[:2] == as_picture(file).shape[1:]
        rows, columns = np.nonzero((pixels == (255, 0, 0)).all(axis=2))
        away = np.hypot(rows - spot.y, columns - spot.x)  # of a circle of 3 pixels, which the edge may cut
        assert len(away) > 5 and (abs(away - 3) < 1.5).all()
        assert np.array_equal(pixels, np.array(load(run).draw(file)))
    code, out, said = striate("predict", digits_run, digits, "--draw", tmp_path / "no")
    assert (code, out) == (2, "") and "answers of classify have no place in the picture" in said
    assert len(said.splitlines()) == 1 and not (tmp_path / "no").exists()
