"""Sentences of pictures, from a table and from COCO's files."""

import json
from pathlib import Path

import pytest
from PIL import Image

from striate.actions.compose import compose
from striate.data.datasets.recognise import open_dataset
from striate.errors import StriateError

CAPTIONS = ("captions",)


def pictures(folder: Path, *names: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        Image.new("RGB", (8, 6), "red").save(folder / name)
    return folder


def said(dataset) -> dict[str, tuple[str, ...] | None]:
    return {item.name: item.truth.captions for item in dataset.items}


def test_a_picture_has_all_captions_of_its_lines(tmp_path: Path):
    table = pictures(tmp_path, "a.png", "b.png") / "captions.csv"
    lines = 'image,caption,split\na.png,"One,  two.",train\nb.png,,val\na.png,Three.,train\n'
    table.write_text(f"{lines}a.png,Three.,\n")
    with pytest.raises(StriateError, match=r"line 5: 'a\.png' is in the train part too"):
        open_dataset(table, truths=CAPTIONS, classes=0)
    table.write_text(lines)
    dataset = open_dataset(table, truths=CAPTIONS, classes=0)
    assert said(dataset) == {"a.png": ("One, two.", "Three."), "b.png": None}
    assert [item.part for item in dataset.items] == ["train", "validation"]
    assert dataset.read(0)[0].shape == (3, 6, 8) and dataset.notes == ("1 line without a caption",)


def test_what_is_composed_with_captions_is_read_from_both_formats(folders, tmp_path: Path):
    things, behind = folders
    make = {"count": 6, "size": 48, "seed": 2, "captions": True, "backgrounds": behind}
    compose(things, out=tmp_path / "coco", format="coco", **make)
    compose(things, out=tmp_path / "voc", format="voc", **make)
    coco = open_dataset(tmp_path / "coco", truths=CAPTIONS, classes=0)
    table = open_dataset(tmp_path / "voc" / "captions.csv", truths=CAPTIONS, classes=0)
    assert sorted(said(coco).values()) == sorted(said(table).values()) and len(said(coco)) == 6
    assert all(said(coco).values()) and {item.part for item in coco.items} >= {"train"}
    assert coco.read(0)[0].shape == table.read(0)[0].shape == (3, 48, 48)
    with pytest.raises(StriateError, match=r"If captions\.csv lists the pictures, give it"):
        open_dataset(tmp_path / "voc", truths=CAPTIONS, classes=0)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("image,label\na.png,x\n", "line 1: expected the columns image and caption"),
        ("image,caption\n", "names no picture"),
        ("image,caption\n,x\n", "line 2: there is no image"),
        ("image,caption\na.png," + "x" * 10_001 + "\n", "line 2: a caption has 10,001 characters"),
    ],
)
def test_a_table_that_is_none_is_refused_by_its_line(tmp_path: Path, text: str, words: str):
    (tmp_path / "c.csv").write_text(text)
    with pytest.raises(StriateError, match=words):
        open_dataset(tmp_path / "c.csv", truths=CAPTIONS, classes=0)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"images": None}, "needs the lists images and annotations"),
        ({"annotations": [{"id": 1, "image_id": 9, "caption": "x"}]}, r"\[0\] \(id 1\): there is no 9"),
        ({"annotations": [{"id": 1, "image_id": 1}]}, "there is no 'caption'"),
        ({"annotations": [7]}, "has no attribute"),
    ],
)
def test_a_coco_file_of_captions_that_is_none_is_refused(tmp_path: Path, changes, words: str):
    whole = {"images": [{"id": 1, "file_name": "a.png"}], "annotations": [], **changes}
    (tmp_path / "c.json").write_text(json.dumps(whole))
    with pytest.raises(StriateError, match=words):
        open_dataset(tmp_path / "c.json", truths=CAPTIONS, classes=0)


def test_a_folder_of_pictures_is_enough_where_nothing_is_to_be_known(tmp_path: Path):
    pictures(tmp_path / "set" / "train", "a.png")
    pictures(tmp_path / "set" / "deep" / "er", "b.png")
    (tmp_path / "set" / "notes.txt").write_text("x")
    dataset = open_dataset(tmp_path / "set", truths=(), classes=0)
    assert {item.name: item.part for item in dataset.items} == {"deep/er/b.png": None, "train/a.png": "train"}
    assert dataset.classes == () and dataset.ignored == 1 and dataset.read(0)[0].shape == (3, 6, 8)
    (tmp_path / "empty").mkdir()
    with pytest.raises(StriateError, match="holds no pictures"):
        open_dataset(tmp_path / "empty", truths=(), classes=0)
