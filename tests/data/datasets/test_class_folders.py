"""Class folders, split and unsplit, tidy and hostile."""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from striate.data.dataset import BadPicture
from striate.data.datasets.folder import open_folder
from striate.data.datasets.recognise import open_dataset
from striate.errors import StriateError


def picture(path: Path, value: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((8, 8), value, dtype=np.uint8)).save(path, "PNG")
    return path


def names(folder: Path) -> list[tuple[str, str, str | None]]:
    dataset = open_folder(folder)
    return [
        (i.name, dataset.classes[i.truth.label], i.part) for i in dataset.items if i.truth.label is not None
    ]


def test_folders_are_classes_in_the_order_people_count(tmp_path: Path):
    for name in ("s10/a.png", "s2/b.png", "s1/x/y/deep.png"):
        picture(tmp_path / name)
    assert open_folder(tmp_path).classes == ("s1", "s2", "s10")
    assert names(tmp_path) == [
        ("s1/x/y/deep.png", "s1", None),
        ("s2/b.png", "s2", None),
        ("s10/a.png", "s10", None),
    ]


@pytest.mark.parametrize("validation", ["val", "valid", "Validation", "VAL"])
def test_parts_are_recognised_in_any_case(tmp_path: Path, validation: str):
    for part in ("Train", validation, "test"):
        picture(tmp_path / part / "cat" / "1.png")
    picture(tmp_path / "Train" / "dog" / "2.png")
    dataset = open_dataset(tmp_path)
    assert dataset.classes == ("cat", "dog")
    assert sorted({item.part or "" for item in dataset.items}) == ["test", "train", "validation"]
    assert "split" in dataset.layout


def test_a_class_may_be_called_train(tmp_path: Path):
    picture(tmp_path / "train" / "1.png")
    picture(tmp_path / "car" / "1.png")
    assert open_dataset(tmp_path).classes == ("car", "train")


def test_two_folders_for_one_part_are_an_error(tmp_path: Path):
    for part in ("train", "val", "valid"):
        picture(tmp_path / part / "cat" / "1.png")
    with pytest.raises(StriateError, match="2 folders for the validation part: val, valid"):
        open_dataset(tmp_path)


def test_a_test_folder_without_classes_is_left_out_and_told(tmp_path: Path):
    for label in ("cat", "dog"):
        picture(tmp_path / "train" / label / "1.png")
    picture(tmp_path / "test" / "unknown.png")
    dataset = open_folder(tmp_path)
    assert len(dataset.items) == 2
    assert any("'test' without a class folder: 1" in note for note in dataset.notes)


def test_an_empty_class_folder_is_no_class_and_told(tmp_path: Path):
    for label in ("a", "c"):
        picture(tmp_path / label / "1.png")
    (tmp_path / "b").mkdir()
    (tmp_path / "d" / "deeper").mkdir(parents=True)
    dataset = open_dataset(tmp_path)
    assert dataset.classes == ("a", "c")
    assert dataset.notes == ("classes without pictures, left out: b, d",)


def test_with_one_class_left_the_empty_one_is_named(tmp_path: Path):
    picture(tmp_path / "a" / "1.png")
    (tmp_path / "b").mkdir()
    with pytest.raises(StriateError, match=r"only one class with pictures, 'a' \(.*left out: b\)"):
        open_dataset(tmp_path)


def test_a_class_with_pictures_in_test_only_stays_a_class_and_is_told(tmp_path: Path):
    for name in ("train/a/1.png", "train/b/1.png", "test/a/2.png", "test/new/3.png", "test/new/4.png"):
        picture(tmp_path / name)
    (tmp_path / "train" / "new").mkdir()
    dataset = open_dataset(tmp_path)
    assert dataset.classes == ("a", "b", "new")
    (note,) = dataset.notes
    assert note.startswith("classes without training pictures: new;") and "2 pictures elsewhere" in note


@pytest.mark.parametrize("part", ["train", "TEST", "validation"])
def test_one_part_alone_is_read_as_that_part(tmp_path: Path, part: str):
    for label in ("a", "b"):
        picture(tmp_path / part / label / "1.png")
    dataset = open_dataset(tmp_path)
    assert dataset.classes == ("a", "b")
    assert {item.part for item in dataset.items} == {part.lower()}
    assert dataset.notes == ()


@pytest.mark.parametrize("locked", ["a/inner", "train/a", "train", "val"])
def test_a_folder_that_cannot_be_listed_is_named(tmp_path: Path, monkeypatch, locked: str):
    for name in (
        ("a/1.png", "a/inner/2.png", "b/3.png")
        if locked == "a/inner"
        else (*("train/a/1.png", "train/b/2.png", "val/a/3.png", "val/b/4.png"),)
    ):
        picture(tmp_path / name)
    listing = os.scandir

    def guarded(path):
        if Path(path) == (tmp_path / locked).resolve():
            raise PermissionError(13, "Permission denied")
        return listing(path)

    monkeypatch.setattr(os, "scandir", guarded)
    dataset = open_folder(tmp_path)
    assert f"a folder could not be listed: {locked}: permission to read it is missing" in dataset.notes
    assert dataset.items


def test_folders_deeper_than_the_system_allows_end_with_a_note(tmp_path: Path):
    picture(tmp_path / "a" / "1.png")
    here = tmp_path / "b"
    picture(here / "1.png")
    start = Path.cwd()
    try:
        os.chdir(here)
        for _ in range(30):  # 30 x 200 signs; a path has 4,096
            Path("x" * 200).mkdir()
            os.chdir("x" * 200)
    finally:
        os.chdir(start)
    dataset = open_dataset(tmp_path)
    assert len(dataset.items) == 2
    assert any("file name too long" in note and len(note) < 300 for note in dataset.notes)


def test_a_folder_that_links_to_itself_is_walked_once(tmp_path: Path):
    for label in ("a", "b"):
        picture(tmp_path / label / "1.png")
    (tmp_path / "a" / "again").symlink_to(tmp_path)
    dataset = open_dataset(tmp_path)
    assert len(dataset.items) == 2
    assert dataset.notes == ("'a/again' is a link to a folder; links to folders are not followed",)


def test_notes_stay_on_one_line_whatever_a_folder_is_called(tmp_path: Path):
    picture(tmp_path / "a" / "1.png")
    (tmp_path / "two\nlines\tand a tab").mkdir()
    assert open_folder(tmp_path).notes == ("classes without pictures, left out: two\\nlines\\tand a tab",)


def test_other_files_are_ignored_and_counted(tmp_path: Path):
    picture(tmp_path / "a" / "1.png")
    picture(tmp_path / "b" / "no_extension")
    (tmp_path / "a" / "LICENSE").write_text("text")
    (tmp_path / "a" / "notes.txt").write_text("text")
    (tmp_path / "a" / ".DS_Store").write_bytes(b"x")
    (tmp_path / "labels.csv").write_text("a,b")
    dataset = open_folder(tmp_path)
    assert [item.name for item in dataset.items] == ["a/1.png", "b/no_extension"]
    assert dataset.ignored_suffixes == {".csv": 1, "hidden": 1, "no extension": 1, ".txt": 1}
    assert dataset.ignored == 4


def test_what_must_not_be_opened_is_named_and_the_rest_reads(tmp_path: Path):
    picture(tmp_path / "a" / "good.png", 7)
    picture(tmp_path / "outside.png")
    data = tmp_path / "a"
    os.mkfifo(data / "pipe.png")
    (data / "empty.png").write_bytes(b"")
    (data / "link.png").symlink_to(tmp_path.parent)
    (data / "loop.png").symlink_to("loop.png")
    (data / "picture.svg").write_text("<svg/>")
    dataset = open_folder(tmp_path)
    reasons = {}
    for row, item in enumerate(dataset.items):
        try:
            assert dataset.read(row)[0].tolist() == [[[7] * 8] * 8]
        except BadPicture as error:
            reasons[item.name] = str(error)
    assert reasons == {
        "a/empty.png": "the file is empty",
        "a/loop.png": "a symbolic link that leads round in a circle",
        "a/picture.svg": "the file is an SVG vector image, which is not read; export it as PNG",
        "a/pipe.png": "a named pipe, not a file",
    }
    assert any("link.png" in note for note in dataset.notes)


def test_odd_names_read(tmp_path: Path):
    picture(tmp_path / "a" / "line\nbreak.png")
    picture(tmp_path / "b" / os.fsdecode(b"caf\xe9.png"))
    dataset = open_folder(tmp_path)
    assert [item.name for item in dataset.items] == ["a/line\nbreak.png", "b/caf\\xe9.png"]
    assert all(dataset.read(row)[0].shape == (1, 8, 8) for row in range(2))


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads files without permission")
def test_a_file_without_permission_is_named(tmp_path: Path):
    picture(tmp_path / "a" / "1.png").chmod(0)
    with pytest.raises(BadPicture, match="permission"):
        open_folder(tmp_path).read(0)


def test_the_real_sets_have_the_sizes_of_their_readmes(shared: Path):
    textures, faces = open_dataset(shared / "data" / "textures"), open_dataset(shared / "data" / "faces")
    assert (len(textures.items), len(textures.classes)) == (559, 12)
    assert (len(faces.items), len(faces.classes), faces.classes[1], faces.classes[-1]) == (
        300,
        30,
        "s2",
        "s30",
    )
    assert faces.read(0)[0].shape == (1, 112, 92)
