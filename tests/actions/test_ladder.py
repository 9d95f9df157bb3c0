"""The ladder: rungs on one split, taken over when they are finished, with what more pictures would bring."""

import csv
import json
from dataclasses import asdict
from pathlib import Path

import pytest
from tests.cli.conftest import striate  # noqa: F401
from tests.conftest import write_digits

from striate.actions import ladder as action
from striate.actions.ladder import ladder
from striate.errors import StriateError
from striate.events import Note
from striate.reports.ladder import write_ladder
from striate.trainer.transferring.learning_curve import stratified_part


@pytest.fixture(scope="module")
def climbed(digits_run, tmp_path_factory):
    folder = tmp_path_factory.mktemp("ladder")
    data = write_digits(folder / "digits", "345", 40)
    given = {"weights": digits_run, "rungs": ["probe", "features"], "out": folder / "runs"}
    found = ladder(data, curve=True, **given)
    return data, given, found, found.page.read_text()  # a later call writes the page anew


def answers(run):
    with (Path(run) / "predictions.csv").open(newline="") as file:
        return {row["file"]: row["label"] == row["predicted"] for row in csv.DictReader(file)}


def test_rungs_share_a_split_and_repairs_are_counted(climbed):
    _, _, found, _ = climbed
    first, second = (answers(rung.run) for rung in found.rungs)
    assert first.keys() == second.keys()
    assert set(found.rungs[1].repaired) == {file for file in first if second[file] and not first[file]}
    assert set(found.rungs[1].broken) == {file for file in first if first[file] and not second[file]}
    for rung, right in zip(found.rungs, (first, second), strict=True):
        assert rung.accuracy == pytest.approx(sum(right.values()) / len(right))
        assert rung.interval[0] <= rung.accuracy <= rung.interval[1]


def test_the_curve_ends_with_all_pictures_and_goes_on_to_four_times_as_many(climbed):
    _, _, found, _ = climbed
    sizes = [point.pictures for point in found.curve.measured]
    assert sizes == sorted(sizes) and len(set(sizes)) == 4
    record = json.loads((Path(found.rungs[0].run) / "dataset.json").read_text())
    assert sizes[-1] == len(record["split"]["train"])
    assert [point.pictures for point in found.curve.expected] == [2 * sizes[-1], 4 * sizes[-1]]


@pytest.mark.parametrize(("precision", "said"), [("bf16", True), ("fp32", False)])
def test_a_curve_of_rounded_features_says_why_it_may_differ_from_the_rung(climbed, tmp_path, precision, said):
    _, _, found, page = climbed
    assert ("reading features in" in page) == (found.curve.precision != "fp32")
    rungs, curve = [asdict(rung) for rung in found.rungs], asdict(found.curve) | {"precision": precision}
    write_ladder(tmp_path / "page.html", "digits", "test", rungs, {}, curve)
    page = (tmp_path / "page.html").read_text()
    assert (f"reading features in {precision}: the probe's" in page) == said


def test_finished_rungs_are_not_trained_again(climbed):
    data, given, found, _ = climbed
    heard = []
    again = ladder(data, on_event=heard.append, **given)
    assert [rung.run for rung in again.rungs] == [rung.run for rung in found.rungs]
    assert sum("finished before" in event.text for event in heard if isinstance(event, Note)) == 2
    assert again.to_json()["rungs"][0].keys() >= {"name", "accuracy", "interval", "seconds"}


def test_the_page_names_every_rung_and_asks_for_nothing(climbed):
    _, _, found, page = climbed
    for rung in found.rungs:
        assert f"{Path(rung.run).name}</bdi>" in page and str(Path(rung.run).parent) not in page
        assert f"{100 * rung.accuracy:.1f}" in page
    assert "http://" not in page and "https://" not in page and "More pictures" in page


def test_a_page_of_another_program_is_replaced_only_with_overwrite(climbed, striate):  # noqa: F811
    data, given, found, _ = climbed
    found.page.write_text("<html>my own notes</html>")
    words = ["ladder", data, "--rungs", "probe,features", "--weights", given["weights"]]
    words += ["--out", given["out"]]
    code, _, said = striate(*words)
    assert code == 2 and "not overwritten" in said and "add --overwrite" in said
    assert found.page.read_text() == "<html>my own notes</html>"
    assert striate(*words, "--overwrite")[0] == 0
    assert "my own notes" not in found.page.read_text()


def test_an_unknown_rung_names_the_others(digits):
    with pytest.raises(StriateError, match="probe"):
        ladder(digits, rungs=["prob"])


def test_a_network_without_weights_is_refused_before_the_first_rung(digits, tmp_path):
    with pytest.raises(StriateError, match="the rungs probe start from weights, and lenet5 has none on this"):
        ladder(digits, model="lenet5", rungs=["scratch", "probe"], out=tmp_path / "runs")
    assert not (tmp_path / "runs").exists()


def test_a_named_network_starts_from_its_weights_where_they_are(digits, monkeypatch):
    asked = []
    monkeypatch.setattr(action, "_rung", lambda *given: asked.append(given[1]["weights"]) or 1 / 0)
    for rungs in (["probe"], ["scratch"]):
        with pytest.raises(ZeroDivisionError):
            ladder(digits, model="efficientnet_lite0", rungs=rungs)
    assert asked == ["imagenet", None]


def test_a_part_has_every_class_and_another_seed_other_pictures():
    labels = [0] * 16 + [1] * 8 + [2] * 2
    chosen = stratified_part(labels, 4, seed=0)
    assert [sum(labels[i] == k for i in chosen) for k in range(3)] == [4, 2, 1]
    assert chosen != stratified_part(labels, 4, seed=1)
    assert stratified_part(labels, 1, seed=5) == list(range(26))


def test_data_of_another_task_are_refused_before_the_first_rung(digits, tmp_path):
    """It once trained a classifier of whole pictures on every line of a table of boxes."""
    picture = next(digits.rglob("*.png"))
    lines = ["image,x1,y1,x2,y2,label", f"{picture.name},1,1,9,9,a"]
    (picture.parent / "boxes.csv").write_text("\n".join(lines) + "\n")
    try:
        with pytest.raises(StriateError, match="are a classifier's, and the data are for locate"):
            ladder(picture.parent / "boxes.csv", out=tmp_path)
    finally:
        (picture.parent / "boxes.csv").unlink()
    assert not list(tmp_path.iterdir())
