"""What is recognised, and what people are told where nothing is."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from striate.data.datasets.recognise import open_dataset
from striate.errors import StriateError


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")


CASES: list[tuple[str, Callable[[Path], None], str]] = [
    ("empty", touch, "is empty"),
    ("loose", lambda f: touch(f, "1.jpg", "2.jpg"), "holds 2 pictures directly and no class folders"),
    ("single", lambda f: touch(f, "1.jpg", "list.csv"), r"holds 1 picture directly .*give it: .*/list\.csv"),
    ("folder_of_text", lambda f: touch(f, "a/1.txt"), "found 1 folder with 1 .txt"),
    ("one_class", lambda f: touch(f, "cat/1.jpg"), "only one class with pictures, 'cat'"),
    ("wrapped", lambda f: touch(f, "in/cat/1.jpg", "in/dog/1.jpg"), r"Did you mean .*wrapped/in\?"),
    (
        "no_pictures",
        lambda f: touch(f, "a/notes.txt", "b/x.csv"),
        "holds no pictures; found 2 folders with 1 .txt",
    ),
    ("voc", lambda f: touch(f, "JPEGImages/1.jpg", "Annotations/1.xml"), "VOC"),
    ("coco", lambda f: touch(f, "images/1.jpg", "annotations/instances.json"), "COCO"),
    ("yolo", lambda f: touch(f, "images/train/1.jpg", "labels/train/1.txt"), "YOLO"),
    ("yolo_yaml", lambda f: touch(f, "data.yaml", "train/images/1.jpg"), "YOLO"),
    ("masks", lambda f: touch(f, "train/images/1.png", "train/masks/1.png"), "segmentation"),
]


@pytest.mark.parametrize(("name", "make", "words"), CASES, ids=[case[0] for case in CASES])
def test_what_is_no_data_set_is_told_with_what_is_accepted(
    tmp_path: Path, name: str, make: Callable[[Path], None], words: str
):
    folder = tmp_path / name
    folder.mkdir()
    make(folder)
    with pytest.raises(StriateError, match=words) as caught:
        open_dataset(folder)
    assert str(folder) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_path_that_does_not_exist_offers_its_neighbour(tmp_path: Path):
    (tmp_path / "photos").mkdir()
    with pytest.raises(StriateError, match=r"does not exist\. Did you mean .*photos\?"):
        open_dataset(tmp_path / "photo")


@pytest.mark.parametrize("name", ["x" * 300, "a\0b", "nowhere/at/all"])
def test_impossible_paths_are_errors_for_people(tmp_path: Path, name: str):
    with pytest.raises(StriateError):
        open_dataset(tmp_path / name)


@pytest.mark.parametrize(
    ("name", "words"), [("a.csv", "line 1: expected"), ("a.zip", "Unpack"), ("a.jpg", "is a file")]
)
def test_a_file_is_answered_with_advice(tmp_path: Path, name: str, words: str):
    touch(tmp_path, name)
    with pytest.raises(StriateError, match=words):
        open_dataset(tmp_path / name)


def test_a_name_is_offered_for_a_misspelt_one(tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StriateError, match=r"Did you mean fashion-mnist"):
        open_dataset("fashion_mnist")


@pytest.mark.parametrize("name", ["pipe.csv", "pipe.parquet", "train-images-idx3-ubyte"])
def test_a_named_pipe_given_as_data_is_refused_at_once(tmp_path: Path, name: str):
    os.mkfifo(tmp_path / name)
    with pytest.raises(StriateError, match="neither a folder nor a file"):
        open_dataset(tmp_path / name)


def test_a_device_given_as_data_is_refused():
    with pytest.raises(StriateError, match="neither a folder nor a file"):
        open_dataset("/dev/null")
