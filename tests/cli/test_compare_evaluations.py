"""`striate compare RUN --evaluations`: what moved from month to month, and whether chance can do that."""

import json
import shutil

import pytest
from PIL import Image, ImageEnhance


@pytest.fixture
def run(digits_run, tmp_path):
    # Other tests evaluate the run as well, and it keeps that.
    return shutil.copytree(digits_run, tmp_path / "run", ignore=shutil.ignore_patterns("evaluations"))


@pytest.fixture
def months(striate, run, digits, tmp_path):
    """The same pictures in June, and in July with half the light: evaluated both."""
    for month, light in (("june", 1.0), ("july", 0.5)):
        for picture in sorted(digits.rglob("*.png"))[::2]:
            place = tmp_path / month / picture.parent.name / picture.name
            place.parent.mkdir(parents=True, exist_ok=True)
            ImageEnhance.Brightness(Image.open(picture)).enhance(light).rotate(1).save(place)
        striate("evaluate", run, tmp_path / month)
    return run


def test_light_that_fell_is_told_with_its_test_and_the_unmoved_size_is_not(striate, months, tmp_path):
    code, out, _ = striate("compare", months, "--evaluations", "--json")
    found = json.loads(out)["evaluations"]
    assert code == 0 and [one["data"] for one in found] == [
        *("its own part", str(tmp_path / "june"), str(tmp_path / "july"))
    ]
    own = json.loads((months / "evaluation.json").read_text())
    assert found[0]["share_right"] == own["metrics"]["accuracy"]
    assert found[0]["interval"] == pytest.approx(own["metrics"]["accuracy_interval"])
    changes = {one["name"]: one for one in found[2]["changes"]}
    assert changes["brightness"]["beyond_chance"] and changes["brightness"]["test"] == "Welch's t-test"
    assert changes["brightness"]["after"] == pytest.approx(changes["brightness"]["before"] / 2, rel=0.05)
    assert not changes["size"]["beyond_chance"] and changes["size"]["p"] == 1
    assert "brightness" not in {one["name"] for one in found[1]["changes"]}  # the first that knows it
    code, out, _ = striate("compare", months, "--evaluations")
    assert code == 0 and f"in {tmp_path / 'june'}: more than chance (p < 0.001, Welch's t-test)" in out


def test_the_page_draws_every_evaluation(striate, months, tmp_path):
    page = tmp_path / "months.html"
    code, _, err = striate("compare", months, "--evaluations", "--out", page)
    text = page.read_text()
    assert code == 0 and f"page: {page}" in err and text.count("<svg") == 3
    assert "more than chance" in text and "july" in text and "Welch" in text


def test_a_damaged_evaluation_is_left_out_and_said(striate, months):
    (months / "evaluations" / "20990101T000000Z.json").write_text("{")
    code, out, err = striate("compare", months, "--evaluations", "--json")
    assert (
        code == 0 and len(json.loads(out)["evaluations"]) == 3 and "20990101T000000Z.json is damaged" in err
    )


def test_what_cannot_be_compared_is_said(striate, run):
    code, _, err = striate("compare", run, "--evaluations")
    assert code == 2 and "keeps no evaluation" in err and "striate evaluate" in err
    assert "those of one run" in striate("compare", run, run, "--evaluations")[2]
    assert "--evaluations" in striate("compare", run, run, "--out", "x.html")[2]
