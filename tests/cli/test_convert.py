"""`striate convert` as a person types it."""

import json
from pathlib import Path


def test_json_is_one_line_that_names_every_file(striate, digits: Path, tmp_path: Path):
    code, out, err = striate("convert", digits, "--out", tmp_path / "new", "--json")
    files = json.loads(out)["files"]
    assert code == 0 and out.count("\n") == 1 and len(files) == 120
    assert all(Path(file).is_file() for file in files)
    assert "class folders, unsplit, 120 pictures, 3 classes" in err


def test_people_read_a_sentence(striate, digits: Path, tmp_path: Path):
    code, out, _ = striate("convert", digits, "--out", tmp_path / "new")
    assert code == 0 and out == f"120 pictures in class folders at {tmp_path / 'new'}\n"


def test_a_place_that_is_taken_is_an_error(striate, digits: Path, tmp_path: Path):
    (tmp_path / "mine").write_text("x")
    code, out, err = striate("convert", digits, "--out", tmp_path)
    assert code == 2 and out == "" and "exists; nothing is overwritten" in err and err.count("error:") == 1


def test_renamed_classes_and_bad_pictures_are_told(striate, digits: Path, tmp_path: Path):
    table = digits.parent / "table.csv"
    table.write_text("image,label\ndigits/digit 0/000.png,a/b\ndigits/digit 1/000.png,ok\nnone.png,ok\n")
    code, out, err = striate("convert", table, "--out", tmp_path / "new")
    assert code == 0 and "2 pictures in class folders" in out and "1 left out" in out
    assert "class 'a/b' is in the folder 'a_b'" in err and "left out: none.png: there is no such file" in err


def test_a_table_trains_and_a_clean_list_is_what_train_reads(striate, digits: Path, tmp_path: Path):
    from striate.data.datasets.recognise import open_dataset
    from striate.data.writers.lists import write_list

    dataset = open_dataset(digits)
    write_list(tmp_path / "clean.csv", dataset, range(0, 120, 2))
    words = ("--model", "lenet5", "--epochs", 1, "--out", tmp_path / "runs", "--json")
    code, out, err = striate("train", tmp_path / "clean.csv", *words)
    assert code == 0 and sum(json.loads(out)["pictures"].values()) == 60
    assert "CSV table (clean.csv), unsplit" in err
