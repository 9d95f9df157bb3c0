"""The page of check: complete, self-contained, bounded, and safe against the names of files."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.reports.test_run_report import Page

from striate.actions.check import check
from striate.errors import StriateError
from striate.reports import check as page_of_check
from striate.reports.check_charts import size_chart

HOSTILE = "<img src=x onerror=alert(1)>"


def noise(path: Path, seed: int, side: int = 64) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    small = np.random.default_rng(seed).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    Image.fromarray(small).resize((side, side)).save(path)
    return path


@pytest.fixture
def leaky(tmp_path: Path) -> Path:
    root = tmp_path / "leaky"
    for seed in range(4):
        noise(root / "train" / ("a", HOSTILE)[seed % 2] / f"{seed} & <b>.png", seed)
    (root / "test" / "a").mkdir(parents=True)
    with Image.open(root / "train" / HOSTILE / "1 & <b>.png") as image:
        image.transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(root / "test" / "a" / "mirror.png")
    (root / "train" / "a" / "empty.png").write_bytes(b"")
    Image.new("RGB", (64, 64)).save(root / "train" / "a" / "black.png")
    return root


def test_every_problem_is_on_the_page_with_its_pictures(leaky: Path, tmp_path: Path):
    check(leaky, out=tmp_path / "page.html")
    page = Page((tmp_path / "page.html").read_text())
    for expected in (
        "5 problems in 6 readable pictures of 2 classes.",
        "Look-alikes in two parts 1",
        "Look-alikes under two labels 1",
        "the file is empty",
        "Blank pictures 1",
        "test/a/mirror.png",
        HOSTILE,
        "64 × 64",
    ):
        assert expected in page.text
    assert len(page.all("img")) == 7  # a pair in each of three sections, and the blank one
    assert all(image["src"].startswith("data:image/") for image in page.all("img"))


def test_nothing_is_fetched_and_no_name_becomes_markup(leaky: Path, tmp_path: Path):
    check(leaky, out=tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text()
    assert HOSTILE not in text and "http" not in text.replace("http-equiv", "")
    assert "default-src 'none'" in text


def test_the_page_is_bounded_and_says_what_it_leaves_out(
    leaky: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    for seed in range(10, 16):
        first = noise(leaky / "train" / "a" / f"{seed}.png", seed)
        shutil.copy(first, first.with_name(f"{seed} copy.png"))
    monkeypatch.setattr(page_of_check, "GROUPS", 4)
    monkeypatch.setattr(page_of_check, "DRAWN", 9)
    check(leaky, out=tmp_path / "page.html")
    page = Page((tmp_path / "page.html").read_text())
    assert len(page.all("img")) <= 10  # a group that was begun is finished
    assert "and 3 more" in page.text


def test_a_set_without_problems_says_so(tmp_path: Path):
    for seed in range(6):
        noise(tmp_path / "data" / "ab"[seed % 2] / f"{seed}.png", seed)
    check(tmp_path / "data", out=tmp_path / "page.html")
    page = Page((tmp_path / "page.html").read_text())
    assert "No problems found in 6 readable pictures of 2 classes." in page.text
    assert page.all("img") == []


def test_a_page_cannot_replace_a_folder_or_device(leaky: Path, tmp_path: Path):
    (tmp_path / "out").mkdir()
    check(leaky, out=tmp_path / "out")
    assert (tmp_path / "out" / "check.html").is_file()
    with pytest.raises(StriateError, match="is not a file"):
        check(leaky, out="/dev/null")


def test_the_size_chart_has_a_spot_a_size_and_marks_the_odd_one():
    chart = size_chart({0: (100, 200), 1: (100, 200), 2: (10, 20)}, {2})
    assert chart.count("<circle") == 2 and chart.count("--wrong") == 1
    assert "200 x 100: 2 pictures" in chart and "20 x 10: 1 picture<" in chart
    assert size_chart({}, set()) == ""
