"""An export holds the same pictures, classes and parts as what it was made from."""

import gzip
import os
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from striate.data.datasets.arrays.sheets import embedded_mnist
from striate.data.datasets.recognise import open_dataset
from striate.data.writers.class_folders import write_class_folders
from striate.errors import StriateError, WorkFailed
from striate.events import Progress


def picture(path: Path, value: int = 0, kind: str = "PNG") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", (8, 8), value).save(path, kind)
    return path


def tree(folder: Path) -> list[str]:
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


def test_files_keep_their_bytes_and_names(tmp_path: Path):
    for name, kind in (("a/1.jpg", "JPEG"), ("a/deep/er/2.png", "PNG"), ("b/3.gif", "GIF")):
        picture(tmp_path / "in" / name, 7, kind)
    written = write_class_folders(open_dataset(tmp_path / "in"), tmp_path / "out")
    assert tree(tmp_path / "out") == ["a/1.jpg", "a/2.png", "b/3.gif"]
    assert [str(file.relative_to(tmp_path / "out")) for file in written.files] == [
        "a/1.jpg",
        "a/2.png",
        "b/3.gif",
    ]
    assert (tmp_path / "out" / "a" / "2.png").read_bytes() == (
        tmp_path / "in" / "a/deep/er/2.png"
    ).read_bytes()
    assert written.skipped == () and written.renamed == ()


def test_raw_pictures_become_png_with_every_pixel(tmp_path: Path):
    pixels = np.random.default_rng(0).integers(0, 256, (6, 5, 4), dtype=np.uint8)
    (tmp_path / "in").mkdir()
    for stem in ("train", "t10k"):
        images = struct.pack(">4I", 2051, 6, 5, 4) + pixels.tobytes()
        labels = struct.pack(">2I", 2049, 6) + bytes([3, 10, 3, 10, 3, 10])
        (tmp_path / "in" / f"{stem}-images-idx3-ubyte.gz").write_bytes(gzip.compress(images))
        (tmp_path / "in" / f"{stem}-labels-idx1-ubyte").write_bytes(labels)
    write_class_folders(open_dataset(tmp_path / "in"), tmp_path / "out")
    assert tree(tmp_path / "out")[0] == "test/10/test-00001.png" and len(tree(tmp_path / "out")) == 12
    with Image.open(tmp_path / "out" / "train" / "3" / "train-00002.png") as image:
        assert (np.array(image) == pixels[2]).all()
    again = open_dataset(tmp_path / "out")
    assert again.classes == ("3", "10")
    assert sorted(item.part or "" for item in again.items) == ["test"] * 6 + ["train"] * 6


def test_an_export_of_embedded_digits_is_the_same_data_set(tmp_path: Path):
    before = embedded_mnist()
    before.items = before.items[:700]  # zeros and ones
    events: list[object] = []
    written = write_class_folders(before, tmp_path / "out", events.append)
    after = open_dataset(tmp_path / "out")
    assert len(after.items) == len(before.items) == len(written.files)
    rows = {file.relative_to(tmp_path / "out").as_posix(): row for row, file in enumerate(written.files)}
    for at in range(0, len(after.items), 40):
        item, row = after.items[at], rows[after.items[at].name]
        assert (after.read(at)[0] == before.read(row)[0]).all()
        assert (after.classes[item.truth.label or 0], item.part) == (
            before.classes[before.items[row].truth.label or 0],
            before.items[row].part,
        )
    assert events[-1] == Progress("writing", len(before.items), len(before.items))


def test_labels_that_are_no_folder_names_are_renamed_and_told(tmp_path: Path):
    picture(tmp_path / "1.png")
    labels = ("T-shirt/top", "T-shirt?top", "con", "..", "plain")
    (tmp_path / "list.csv").write_text("image,label\n" + "".join(f"1.png,{label}\n" for label in labels))
    written = write_class_folders(open_dataset(tmp_path / "list.csv"), tmp_path / "out")
    folders = dict(written.renamed)
    assert folders.keys() == {"T-shirt/top", "T-shirt?top", "con", ".."}
    assert {folders["T-shirt/top"], folders["T-shirt?top"]} == {"T-shirt_top", "T-shirt_top-2"}
    assert folders["con"] == "_con" and folders[".."] == "_"
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == sorted([*folders.values(), "plain"])


def test_files_of_one_name_in_a_class_are_numbered(tmp_path: Path):
    folder = tmp_path / "in"
    for number, name in enumerate(
        ("a/x/1.png", "a/y/1.png", "a/z/1.PNG", "a/new\nline.png", "a/no_ending", "b/1.png")
    ):
        picture(folder / name, number)
    write_class_folders(open_dataset(folder), tmp_path / "out")
    assert tree(tmp_path / "out") == [
        *("a/1-2.png", "a/1-3.PNG", "a/1.png", "a/new_line.png", "a/no_ending.png"),
        "b/1.png",
    ]
    again = open_dataset(tmp_path / "out")
    values = {again.items[row].name: int(again.read(row)[0].max()) for row in range(6)}
    assert values["a/1.png"] == 0 and values["a/1-2.png"] == 1 and values["a/1-3.PNG"] == 2


def test_what_is_no_picture_is_left_out_by_name(tmp_path: Path):
    for name in ("a/1.png", "b/1.png"):
        picture(tmp_path / "in" / name)
    (tmp_path / "in" / "a" / "text.png").write_text("hello, this is text")
    os.mkfifo(tmp_path / "in" / "b" / "pipe.png")
    written = write_class_folders(open_dataset(tmp_path / "in"), tmp_path / "out")
    assert [problem.file for problem in written.skipped] == ["a/text.png", "b/pipe.png"]
    assert tree(tmp_path / "out") == ["a/1.png", "b/1.png"]


@pytest.mark.parametrize("taken", ["file", "folder", "link", "broken link", "inside", "itself"])
def test_nothing_is_overwritten_and_the_data_set_stays_as_it_is(tmp_path: Path, taken: str):
    folder = tmp_path / "in"
    for name in ("a/1.png", "b/1.png"):
        picture(folder / name)
    out = tmp_path / "out"
    if taken == "file":
        out.write_text("mine")
    elif taken == "folder":
        (out / "mine").mkdir(parents=True)
    elif taken in ("link", "broken link"):
        out.symlink_to(folder if taken == "link" else tmp_path / "none")
    else:
        out = folder / "out" if taken == "inside" else folder
    before = tree(tmp_path)
    with pytest.raises(StriateError, match=r"exists; nothing is overwritten|is inside the data set"):
        write_class_folders(open_dataset(folder), out)
    assert tree(tmp_path) == before


def test_an_empty_folder_may_be_the_place(tmp_path: Path):
    for name in ("a/1.png", "b/1.png"):
        picture(tmp_path / "in" / name)
    (tmp_path / "out").mkdir()
    assert len(write_class_folders(open_dataset(tmp_path / "in"), tmp_path / "out").files) == 2


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, monkeypatch):
    for number in range(5):
        picture(tmp_path / "in" / "ab"[number % 2] / f"{number}.png")
    dataset = open_dataset(tmp_path / "in")
    opened = Path.open

    def full(self: Path, mode: str = "r", *rest: object, **named: object):
        if mode == "xb" and self.name == "3.png":
            raise OSError(28, "No space left on device")
        return opened(self, mode, *rest, **named)

    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(WorkFailed, match="out could not be written: No space left on device"):
        write_class_folders(dataset, tmp_path / "out")
    assert [p.name for p in tmp_path.iterdir()] == ["in"]


def test_ctrl_c_leaves_nothing_behind(tmp_path: Path):
    for name in ("a/1.png", "b/1.png"):
        picture(tmp_path / "in" / name)

    def interrupt(event: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_class_folders(open_dataset(tmp_path / "in"), tmp_path / "out", interrupt)
    assert [p.name for p in tmp_path.iterdir()] == ["in"]


def test_what_a_killed_export_left_is_removed_by_the_next(tmp_path: Path):
    for name in ("a/1.png", "b/1.png"):
        picture(tmp_path / "in" / name)
    picture(tmp_path / ".out.abcdefgh.part" / "a" / "1.png")
    write_class_folders(open_dataset(tmp_path / "in"), tmp_path / "out")
    assert {path.name for path in tmp_path.iterdir()} == {"in", "out"}
