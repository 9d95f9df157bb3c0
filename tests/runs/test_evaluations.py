"""`evaluations/` of a run: kept one by one, read as if somebody had written it to do harm."""

import json
import os
from datetime import UTC, datetime

import pytest

from striate.errors import WorkFailed
from striate.runs.evaluations import MOST_BYTES, keep_evaluation, kept_evaluations
from striate.runs.folder import RunFolder

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
VALUE = {"data": "new", "split": "all", "pictures": 3, "right": 2}


@pytest.fixture
def folder(tmp_path):
    return RunFolder.create(tmp_path, "classify", "run")


def test_several_of_one_second_are_kept_apart_and_in_order(folder):
    for pictures in range(1, 13):
        keep_evaluation(folder, {**VALUE, "pictures": pictures, "right": 0}, NOW)
    kept, problems = kept_evaluations(folder)
    assert [one.pictures for one in kept] == list(range(1, 13)) and problems == []
    assert kept[0].date == "2026-03-01T12:00:00+00:00"


def test_a_run_without_any_has_none(folder):
    assert kept_evaluations(folder) == ([], [])


@pytest.mark.parametrize(
    "content",
    [
        *("", "[]", "nothing", json.dumps({**VALUE, "date": "x", "right": 4}), "[" * 100_000),
        *(json.dumps({**VALUE, "date": "x", "pictures": 0}), json.dumps(VALUE)),
        json.dumps({**VALUE, "date": "x", "inputs": {"size": {"mean": "1", "sd": 0, "pictures": 1}}}),
    ],
)
def test_a_damaged_file_is_named_and_the_others_are_read(folder, content):
    keep_evaluation(folder, VALUE, NOW)
    (folder / "evaluations" / "20260401T000000Z.json").write_text(content)
    kept, problems = kept_evaluations(folder)
    assert len(kept) == 1 and len(problems) == 1
    assert "20260401T000000Z.json is damaged" in problems[0] and "it is left out" in problems[0]


def test_pipes_folders_large_files_and_other_names_do_no_harm(folder):
    keep_evaluation(folder, VALUE, NOW)
    place = folder / "evaluations"
    os.mkfifo(place / "20260401T000000Z.json")
    (place / "20260402T000000Z.json").mkdir()
    with (place / "20260403T000000Z.json").open("wb") as file:
        file.truncate(MOST_BYTES + 1)
    (place / "notes.json").write_text("mine")
    kept, problems = kept_evaluations(folder)
    assert len(kept) == 1 and len(problems) == 3


def test_nothing_is_written_or_read_through_a_link(folder, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "20260401T000000Z.json").write_text(json.dumps({**VALUE, "date": "x"}))
    (folder / "evaluations").symlink_to(elsewhere)
    with pytest.raises(WorkFailed, match="is a link"):
        keep_evaluation(folder, VALUE, NOW)
    assert kept_evaluations(folder) == ([], []) and len(list(elsewhere.iterdir())) == 1
