"""`striate compose` as a person types it."""

import json
from pathlib import Path


def test_json_is_one_line_that_names_every_file(striate, folders, tmp_path: Path):
    things, behind = folders
    words = ("compose", things, "--backgrounds", behind, "--out", tmp_path / "o", "--count", 8, "--size", 64)
    code, out, err = striate(*words, "--json")
    files = json.loads(out)["files"]
    assert code == 0 and out.count("\n") == 1 and len(files) == 8 + 3
    assert all(Path(file).is_file() for file in files)
    assert "no file and no look-alike serves two parts" in err
    code, out, err = striate(*words)
    assert code == 2 and out == "" and "nothing is overwritten" in err


def test_people_read_a_sentence(striate, folders, tmp_path: Path):
    things, behind = folders
    options = ("--count", 8, "--size", 64, "--format", "voc", "--objects", "2-3", "--captions")
    code, out, _ = striate("compose", things, "--backgrounds", behind, "--out", tmp_path / "o", *options)
    assert code == 0 and out == f"8 composed scenes at {tmp_path / 'o'} (VOC)\n"
    assert (tmp_path / "o" / "captions.csv").read_text().startswith("image,caption,split\n")


def test_the_stamps_make_scenes(striate, shared, tmp_path: Path):
    data = shared / "data"
    words = ("compose", data / "stamps", "--backgrounds", data / "scenes" / "photos", "--out", tmp_path / "o")
    code, _, err = striate(*words, "--count", 10, "--size", 96)
    assert code == 0 and "classes with too few different cut-outs for all parts" in err
