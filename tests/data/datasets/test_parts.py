"""Which folders are the parts of a split and which are classes, in whatever nesting they come."""

from pathlib import Path

import pytest
from PIL import Image

from striate.data.datasets.recognise import open_dataset
from striate.errors import StriateError


def tree(folder: Path, *names: str) -> Path:
    for number, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".png":
            Image.new("L", (8, 8), number).save(path)
        else:
            path.write_text("no picture")
    return folder


def found(folder: Path) -> list[tuple[str, str, str | None]]:
    dataset = open_dataset(folder)
    return [(i.name, dataset.classes[i.truth.label or 0], i.part) for i in dataset.items]


def test_loose_test_pictures_and_a_folder_of_models_leave_train_the_training_part(shared: Path):
    dataset = open_dataset(shared / "data" / "reports" / "01-train-test-models")
    assert dataset.classes == ("nok", "ok")
    assert len(dataset.items) == 24 and {item.part for item in dataset.items} == {"train"}
    assert dataset.notes == (
        "folder 'models' is beside the parts and was left out",
        "pictures in 'test' without a class folder: 12, left out",
    )


def test_a_pictured_folder_beside_parts_is_left_out_by_name(tmp_path: Path):
    data = tree(tmp_path, "train/a/1.png", "train/b/1.png", "test/1.png", "samples/1.png")
    assert {label for _, label, _ in found(data)} == {"a", "b"}
    assert "folder 'samples' is beside the parts and was left out" in open_dataset(data).notes


@pytest.mark.parametrize("others", [(), ("models/x.pth",), ("car/1.png", "bus/1.png")])
def test_flat_parts_are_never_two_classes(tmp_path: Path, others: tuple[str, ...]):
    data = tree(tmp_path, "train/1.png", "test/1.png", "valid/1.png", *others)
    with pytest.raises(StriateError, match="train and valid hold pictures directly and no class folders"):
        open_dataset(data)


def test_parts_inside_a_part_of_the_same_name_are_unfolded(tmp_path: Path):
    data = tree(tmp_path, "train/train/a/1.png", "train/train/b/1.png", "test/test/a/2.png")
    assert found(data) == [
        ("test/test/a/2.png", "a", "test"),
        ("train/train/a/1.png", "a", "train"),
        ("train/train/b/1.png", "b", "train"),
    ]


def test_train_and_valid_inside_train_are_parts_of_their_own(tmp_path: Path):
    data = tree(tmp_path, "train/train/a/1.png", "train/valid/b/1.png", "test/a/2.png")
    assert {(label, part) for _, label, part in found(data)} == {
        ("a", "test"),
        ("a", "train"),
        ("b", "validation"),
    }


def test_parts_inside_every_class_are_the_authors_split(tmp_path: Path):
    data = tree(tmp_path, "a/train/1.png", "a/test/2.png", "b/train/x/3.png", "b/valid/4.png", "b/notes.txt")
    assert found(data) == [
        ("a/test/2.png", "a", "test"),
        ("a/train/1.png", "a", "train"),
        ("b/train/x/3.png", "b", "train"),
        ("b/valid/4.png", "b", "validation"),
    ]
    assert open_dataset(data).ignored == 1


def test_a_folder_called_train_inside_one_class_is_no_part(tmp_path: Path):
    data = tree(tmp_path, "a/train/1.png", "a/2.png", "b/3.png")
    assert {part for _, _, part in found(data)} == {None}


@pytest.mark.parametrize("name", ["valid", "test"])
def test_a_class_may_be_called_like_one_part(tmp_path: Path, name: str):
    assert open_dataset(tree(tmp_path, f"{name}/1.png", "car/1.png")).classes == tuple(sorted((name, "car")))
