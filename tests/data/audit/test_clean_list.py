"""The clean list: what it leaves out, and that its images are found from where it lies."""

import csv
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from striate.actions.check import check
from striate.data.audit.audit import look
from striate.data.audit.clean_list import clean_list_text, clean_rows
from striate.data.dataset import class_of
from striate.data.datasets.recognise import open_dataset
from striate.errors import StriateError


def noise(path: Path, seed: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    small = np.random.default_rng(seed).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    Image.fromarray(small).resize((64, 64)).save(path)
    return path


def kept(root: Path, *, strict: bool = False) -> tuple[dict[str, str], dict[str, int]]:
    dataset = open_dataset(root)
    clean = clean_rows(dataset, look(dataset), strict=strict)
    return {dataset.items[row].name: part for row, part in clean.parts.items()}, clean.left_out


def test_of_a_leak_the_picture_that_measures_stays(tmp_path: Path):
    for part, names in (("train", "abcd"), ("test", "ef")):
        for label in "xy":
            for name in names:
                noise(tmp_path / part / label / f"{name}.png", ord(name) * 7 + ord(label))
    shutil.copy(tmp_path / "test" / "x" / "e.png", tmp_path / "train" / "x" / "copy.png")
    with Image.open(tmp_path / "test" / "y" / "f.png") as image:
        image.transpose(Image.Transpose.ROTATE_90).save(tmp_path / "train" / "y" / "turned.png")
    parts, left_out = kept(tmp_path)
    assert "train/x/copy.png" not in parts and parts["test/x/e.png"] == "test"
    assert "train/y/turned.png" not in parts and parts["test/y/f.png"] == "test"
    assert left_out == {"second copy": 1, "looks like a picture of a part that measures": 1}
    assert len(parts) == 12


def test_a_picture_under_two_labels_is_left_out_and_unreadable_and_damaged_as_asked(tmp_path: Path):
    for label in "xy":
        for row in range(6):
            noise(tmp_path / label / f"{row}.png", row * 2 + ord(label))
    shutil.copy(tmp_path / "x" / "0.png", tmp_path / "y" / "same.png")
    (tmp_path / "x" / "bad.png").write_bytes(b"")
    short = tmp_path / "x" / "1.png"
    short.write_bytes(short.read_bytes()[:-12])
    parts, left_out = kept(tmp_path)
    assert left_out == {"under two labels": 2, "unreadable": 1}
    assert {"x/0.png", "y/same.png", "x/bad.png"}.isdisjoint(parts) and "x/1.png" in parts
    assert {"x/1.png"}.isdisjoint(kept(tmp_path, strict=True)[0])


def test_look_alikes_of_an_unsplit_set_stay_on_one_side(tmp_path: Path):
    for label in "xy":
        for row in range(12):
            with Image.open(noise(tmp_path / label / f"{row}.png", row * 2 + ord(label))) as image:
                image.resize((80, 80)).save(tmp_path / label / f"{row} larger.png")
    parts, left_out = kept(tmp_path)
    assert left_out == {} and len(parts) == 48
    assert set(parts.values()) == {"train", "validation", "test"}
    for label in "xy":
        for row in range(12):
            assert parts[f"{label}/{row}.png"] == parts[f"{label}/{row} larger.png"]


def test_images_are_named_from_where_the_list_lies(tmp_path: Path):
    root = tmp_path / "data"
    hostile = 'a, "b"\n.png'
    for label in "xy":
        noise(root / label / hostile, ord(label))
    (tmp_path / "lists").mkdir()
    text = clean_list_text(open_dataset(root), {0: "train", 1: "test"}, tmp_path / "lists")
    rows = list(csv.DictReader(text.splitlines(keepends=True)))
    assert [(row["label"], row["split"]) for row in rows] == [("x", "train"), ("y", "test")]
    assert all((tmp_path / "lists" / row["image"]).is_file() for row in rows)


def test_pictures_inside_other_files_make_no_list(shared: Path):
    with pytest.raises(StriateError, match="holds its pictures inside other files"):
        clean_list_text(open_dataset(shared / "data" / "mnist"), {}, Path())


def contents(path: Path) -> set[tuple[bytes, str | None, str | None]]:
    dataset = open_dataset(path)
    rows = range(len(dataset.items))
    return {(dataset.content(row), class_of(dataset, row), dataset.items[row].part) for row in rows}


def test_a_list_elsewhere_is_read_back_whatever_its_pictures_are_called(shared: Path, tmp_path: Path):
    data = shared / "data" / "reports" / "03-clean-list-elsewhere"
    listed = tmp_path / "other" / "clean.csv"
    check(data, clean_list=listed)
    found, dataset = contents(listed), open_dataset(data)
    assert len(found) == 20 and {label for _, label, _ in found} == {"a, b", 'c"d'}
    readable = [item.name for item in dataset.items if not item.name.isascii() or "\\" in item.name]
    assert readable  # there is a name that is no UTF-8
    audit = check(listed)
    assert audit.pictures == 20 and audit.problems.count() == 0


def test_a_picture_that_two_parts_name_stays_in_one_and_keeps_its_path(shared: Path, tmp_path: Path):
    data = shutil.copytree(shared / "data" / "reports" / "08-rows-twice", tmp_path / "data")
    check(data / "leak.csv", clean_list=data / "clean.csv")
    before, after = contents(data / "leak.csv"), contents(data / "clean.csv")
    assert {content for content, _, _ in after} == {content for content, _, _ in before}
    assert after <= before
    with (data / "clean.csv").open(newline="") as file:
        assert all((data / row["image"]).is_file() for row in csv.DictReader(file))
    for path in ("leak.csv", "clean.csv"):
        assert not check(data / path).problems.wrong_extension, path


def test_a_link_keeps_its_own_name_and_classes_that_no_table_tells_apart_are_refused(tmp_path: Path):
    for label in "xy":
        real = noise(tmp_path / "data" / label / "1.png", ord(label)).rename(
            tmp_path / "data" / f"blob-{label}"
        )
        (tmp_path / "data" / label / "1.png").symlink_to(real)
    check(tmp_path / "data", clean_list=tmp_path / "clean.csv")
    assert not check(tmp_path / "clean.csv").problems.wrong_extension
    noise(tmp_path / "data" / "a b" / "1.png", 1)
    noise(tmp_path / "data" / "a  b" / "1.png", 2)
    with pytest.raises(StriateError, match="would be read from a list as 'a b', which is another class"):
        check(tmp_path / "data", clean_list=tmp_path / "second.csv")
    assert not (tmp_path / "second.csv").exists()


def test_what_no_list_can_name_is_said_before_the_pictures_are_read(shared: Path, tmp_path: Path):
    events: list[object] = []
    with pytest.raises(StriateError, match="striate convert"):
        check(shared / "data" / "mnist", clean_list=tmp_path / "clean.csv", on_event=events.append)
    assert len(events) == 1  # what was found; no progress
