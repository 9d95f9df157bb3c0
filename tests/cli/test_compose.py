"""`striate compose` as a person types it."""

import json
import re
from pathlib import Path

from striate.data.composing import scene
from striate.data.datasets.recognise import open_dataset


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


def test_a_test_set_alone_is_composed_and_read_as_one(striate, folders, tmp_path: Path):
    things, behind = folders
    words = ("compose", things, "--backgrounds", behind, "--out", tmp_path / "o", "--count", 5, "--size", 64)
    code, _, err = striate(*words, "--parts", "0/0/100")
    assert code == 0 and "backgrounds: 6 test" in err
    found = open_dataset(tmp_path / "o", truths=("boxes", "box_labels"), classes=0)
    assert [item.part for item in found.items] == ["test"] * 5
    code, _, err = striate(*words[:5], tmp_path / "p", "--parts", "0/0/0")
    assert code == 2 and "not '0/0/0'" in err and len(err.splitlines()) == 1


def test_things_that_found_no_place_are_told(striate, folders, tmp_path: Path, monkeypatch):
    monkeypatch.setattr(scene, "TRIES", 1)  # with all of them it is rare
    things, behind = folders
    words = ("compose", things, "--backgrounds", behind, "--count", 6, "--size", 64)
    code, _, err = striate(*words, "--out", tmp_path / "o", "--objects", 20)
    written = sum(
        len(json.loads(file.read_text())["annotations"])
        for file in (tmp_path / "o" / "annotations").glob("instances_*.json")
    )
    assert code == 0 and 0 < written < 120
    assert f"{120 - written} things found no place" in err and "in 6 scenes of 6" in err
    code, _, err = striate(*words, "--out", tmp_path / "p", "--objects", 1)
    assert code == 0 and "found no place" not in err


def test_the_stamps_make_scenes(striate, shared, tmp_path: Path):
    data = shared / "data"
    words = ("compose", data / "stamps", "--backgrounds", data / "scenes" / "photos", "--out", tmp_path / "o")
    code, _, err = striate(*words, "--count", 10, "--size", 96)
    assert code == 0 and "classes with too few different cut-outs for all parts" in err


def test_a_training_says_what_voc_s_coordinates_were_taken_for(striate, folders, tmp_path: Path):
    things, behind = folders
    words = ("compose", things, "--backgrounds", behind, "--out", tmp_path / "o", "--format", "voc")
    assert striate(*words, "--count", 24, "--size", 48, "--objects", 1)[0] == 0
    train = (
        "train",
        tmp_path / "o",
        "--task",
        "locate",
        "--model",
        "lenet5",
        "--image-size",
        32,
        "--dry-run",
    )
    code, _, err = striate(*train)
    assert code == 0 and "no box begins at 0, so coordinates are VOC's" in err
    first = min((tmp_path / "o" / "Annotations").iterdir())
    first.write_text(re.sub(r"<xmin>\d+<", "<xmin>0<", first.read_text()))
    code, _, err = striate(*train)
    assert code == 0 and "boxes begin at 0 in 1 of 24 annotations, so coordinates are corners" in err
