"""Files of a run are read within bounds; what JSON cannot hold is never written as JSON."""

import json
import math
import os

import pytest

from striate.errors import StriateError
from striate.runs import bounded
from striate.runs.bounded import parse_json, parse_toml, read_bytes, read_parsed
from striate.runs.finite_json import json_text


@pytest.mark.parametrize(
    "content", ["[" * 100_000, '{"a":' * 100_000, "[" * 60 + "]" * 60, "9" * 5000, "1" * 19]
)
def test_json_beyond_its_bounds_is_one_line(tmp_path, content):
    (tmp_path / "labels.json").write_text(content)
    with pytest.raises(StriateError, match=r"labels.json is damaged \(.*\); train the run again"):
        read_parsed(tmp_path / "labels.json", parse_json)


@pytest.mark.parametrize("content", ["a = " + "[" * 100_000, "a = nan", "a = inf", "a = " + "9" * 30, "a"])
def test_toml_beyond_its_bounds_is_one_line(tmp_path, content):
    (tmp_path / "config.toml").write_text(content)
    with pytest.raises(StriateError, match=r"config\.toml is damaged"):
        read_parsed(tmp_path / "config.toml", parse_toml)


def test_numbers_that_are_not_finite_are_not_measured():
    assert parse_json("[NaN, Infinity, -Infinity, 1e999, 1.5]") == [None, None, None, None, 1.5]


def test_a_file_is_read_to_its_limit_and_no_further(tmp_path, monkeypatch):
    monkeypatch.setitem(bounded.LIMITS, "labels.json", 10)
    path = tmp_path / "labels.json"
    path.write_bytes(b"0123456789")
    assert read_bytes(path) == b"0123456789"
    path.write_bytes(b"0123456789a")
    with pytest.raises(StriateError, match="more than 10 bytes"):
        read_bytes(path)


@pytest.mark.skipif(os.name == "nt", reason="no pipes there")
def test_only_files_are_read(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "device").symlink_to("/dev/zero")
    (tmp_path / "file").write_text("7")
    (tmp_path / "link").symlink_to("file")
    for name in ("pipe", "device", "."):
        with pytest.raises(StriateError, match="is not a file"):
            read_bytes(tmp_path / name)
    assert read_bytes(tmp_path / "link") == b"7"


@pytest.mark.parametrize("indent", [None, 1])
def test_json_never_holds_what_is_not_finite(indent):
    value = {"a": math.nan, "b": [math.inf, -math.inf, 1.5], "c": (1, {"d": math.nan}), "e": "NaN"}
    read = json.loads(json_text(value, indent=indent), parse_constant=pytest.fail)
    assert read == {"a": None, "b": [None, None, 1.5], "c": [1, {"d": None}], "e": "NaN"}
