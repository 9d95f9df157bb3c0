"""Names that are written in several ways: Unicode forms, spaces around separators, foreign extensions."""

import unicodedata
from pathlib import Path

import pytest
from PIL import Image

from striate.data.dataset import BadPicture
from striate.data.datasets.recognise import open_dataset
from striate.data.splits import read_split_file

COMPOSED, DECOMPOSED = (unicodedata.normalize(form, "café") for form in ("NFC", "NFD"))


def picture(path: Path, value: int = 0, kind: str = "PNG") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", (8, 8), value).save(path, kind)
    return path


def test_two_unicode_forms_of_a_folder_are_one_class(tmp_path: Path):
    for name in (f"train/{COMPOSED}/1.png", f"test/{DECOMPOSED}/2.png", "train/tea/3.png"):
        picture(tmp_path / name)
    dataset = open_dataset(tmp_path)
    assert dataset.classes == (COMPOSED, "tea")
    assert [item.truth.label for item in dataset.items] == [0, 0, 1]
    assert dataset.notes == ()


def test_two_unicode_forms_in_a_table_are_one_class_and_find_their_files(tmp_path: Path):
    picture(tmp_path / f"{DECOMPOSED}.png", 1)
    picture(tmp_path / f"{COMPOSED}2.png", 2)
    rows = f"{COMPOSED}.png,{COMPOSED}\n{DECOMPOSED}2.png,{DECOMPOSED}\n{COMPOSED}2.png,tea\n"
    (tmp_path / "t.csv").write_text(f"image,label\n{rows}", encoding="utf-8")
    dataset = open_dataset(tmp_path / "t.csv")
    assert dataset.classes == (COMPOSED, "tea")
    assert [int(dataset.read(row)[0][0, 0, 0]) for row in range(3)] == [1, 2, 2]


def test_a_name_as_it_is_written_wins_over_its_other_forms(tmp_path: Path):
    picture(tmp_path / f"{COMPOSED}.png", 1)
    picture(tmp_path / f"{DECOMPOSED}.png", 2)
    picture(tmp_path / " 1.png", 3)
    picture(tmp_path / "1.png", 4)
    rows = f"{COMPOSED}.png,a\n{DECOMPOSED}.png,b\n 1.png,a\n1.png,b\n"
    (tmp_path / "t.csv").write_text(f"image,label\n{rows}", encoding="utf-8")
    dataset = open_dataset(tmp_path / "t.csv")
    assert [int(dataset.read(row)[0][0, 0, 0]) for row in range(4)] == [1, 2, 3, 4]
    assert len({item.name for item in dataset.items}) == 4


@pytest.mark.parametrize("name", ["lead.csv", "space.csv"])
def test_spaces_around_a_comma_belong_to_no_path(shared: Path, name: str):
    dataset = open_dataset(shared / "data" / "reports" / "10-space-after-comma" / name)
    assert dataset.classes == ("0", "1")
    assert [dataset.read(row)[0].shape for row in range(len(dataset.items))]
    assert dataset.items[0].name == "0/000.png"


def test_what_is_in_quotes_after_a_space_is_one_value(tmp_path: Path):
    picture(tmp_path / "a, b.png")
    (tmp_path / "t.csv").write_text('image, label\n "a, b.png", "x, y"\nc.png, z\n')
    dataset = open_dataset(tmp_path / "t.csv")
    assert dataset.classes == ("x, y", "z")
    assert dataset.read(0)[0].shape == (1, 8, 8)
    with pytest.raises(BadPicture, match="no such file"):
        dataset.read(1)


def test_a_split_file_names_pictures_with_spaces_and_in_the_other_form(tmp_path: Path):
    (tmp_path / "s.csv").write_text(f"image, split\n{DECOMPOSED}/1.png , train\nb.png, test\n", "utf-8")
    assert read_split_file(tmp_path / "s.csv", [f"{COMPOSED}/1.png", "b.png"]) == ("train", "test")


def test_pictures_under_other_extensions_are_used(shared: Path):
    folder = shared / "data" / "reports" / "15-unknown-extensions"
    dataset = open_dataset(folder)
    assert len(dataset.items) == sum(path.is_file() for path in folder.glob("*/*"))
    assert all(dataset.read(row)[0].shape[0] for row in range(len(dataset.items)))


def test_text_that_begins_as_a_picture_might_and_raw_photographs_are_left_out(tmp_path: Path):
    for label in ("a", "b"):
        picture(tmp_path / label / "1.png")
    picture(tmp_path / "a" / "2.happy", kind="PPM")
    (tmp_path / "a" / "notes.txt").write_text("P1 was the first patient, P2 the second; 3 4 5")
    picture(tmp_path / "b" / "3.nef", kind="TIFF")
    dataset = open_dataset(tmp_path)
    assert [item.name for item in dataset.items] == ["a/1.png", "a/2.happy", "b/1.png"]
    assert dataset.notes == ("raw pictures of cameras: 1, left out; export them as JPEG or PNG",)
