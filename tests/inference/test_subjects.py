"""Which pictures `explain` is asked about: every one of a folder, whether it has a class or not."""

from pathlib import Path

import pytest
from PIL import Image

from striate.data.dataset import BadPicture
from striate.data.decoding.decode import Limits
from striate.events import Note, silent
from striate.inference.pictures.subjects import subjects
from striate.tasks.classify.task import CLASSIFY
from striate.tasks.locate.task import LOCATE


def picture(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", (8, 8)).save(path)
    return path


def test_loose_pictures_beside_class_folders_are_explained_too(shared: Path):
    folder = shared / "data" / "reports" / "05-loose-pictures"
    events: list = []
    found = subjects(folder, Limits(), events.append, task=CLASSIFY)
    named = {one.name: one.truth for one in found}
    assert named == {"a/cat.png": "a", "b/CAT.PNG": "b", "cat.bmp": None, "cat.jpg": None, "cat.png": None}
    assert all(one.read(Limits()).picture.shape[0] for one in found)
    assert Note("pictures beside the class folders, without a class: 3, left out") not in events


def test_of_a_split_set_the_test_part_is_explained_and_what_is_left_out_is_said(tmp_path: Path):
    for name in ("train/a/1.png", "train/b/2.png", "test/a/3.png", "4.png"):
        picture(tmp_path / name)
    events: list = []
    assert [one.name for one in subjects([tmp_path], Limits(), events.append, task=CLASSIFY)] == [
        "test/a/3.png"
    ]
    assert Note("pictures beside the class folders, without a class: 1, left out") in events


def test_of_several_words_an_empty_folder_is_named_and_the_others_go_on(tmp_path: Path):
    first, last = picture(tmp_path / "a.png"), picture(tmp_path / "b.png")
    (tmp_path / "empty").mkdir()
    found = subjects([first, tmp_path / "empty", last], Limits(), silent, task=CLASSIFY)
    assert [Path(one.name).name for one in found] == ["a.png", "empty", "b.png"]
    with pytest.raises(BadPicture, match="holds no pictures"):
        found[1].read(Limits())


def test_the_true_class_is_the_one_that_the_task_counts(tmp_path):
    """A localiser's is that of the largest object; a picture without one has none."""
    for name in ("a.png", "b.png"):
        picture(tmp_path / name)
    table = tmp_path / "boxes.csv"
    table.write_text("image,x1,y1,x2,y2,label\na.png,0,0,2,2,cup\na.png,0,0,6,6,plate\nb.png,,,,,\n")
    found = subjects(table, Limits(), silent, task=LOCATE)
    assert [one.truth for one in found] == ["plate", None]
