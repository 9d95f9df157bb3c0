"""IDX files, whole and broken; struct is the oracle of the format."""

import gzip
import struct
from pathlib import Path

import pytest

from striate.data.datasets.arrays.idx import open_idx
from striate.data.datasets.recognise import open_dataset
from striate.errors import StriateError

PIXELS = bytes(range(2 * 3 * 4))
IMAGES = struct.pack(">BBBBIII", 0, 0, 8, 3, 2, 3, 4) + PIXELS
LABELS = struct.pack(">BBBBI", 0, 0, 8, 1, 2) + b"\x05\x03"


def write(folder: Path, stem: str = "train-", *, images: bytes = IMAGES, labels: bytes = LABELS) -> Path:
    (folder / f"{stem}images-idx3-ubyte").write_bytes(images)
    (folder / f"{stem}labels-idx1-ubyte").write_bytes(labels)
    return folder


def test_pixels_labels_and_names_are_those_of_the_files(tmp_path: Path):
    dataset = open_dataset(write(tmp_path))
    assert dataset.classes == ("3", "5")
    assert [(item.name, item.truth.label, item.part) for item in dataset.items] == [
        ("train#0", 1, "train"),
        ("train#1", 0, "train"),
    ]
    assert dataset.content(1) == PIXELS[12:]
    assert dataset.read(1)[0].tolist() == [[list(PIXELS[at : at + 4]) for at in (12, 16, 20)]]


@pytest.mark.parametrize("name", ["{}-images-idx3-ubyte.gz", "{}-images.idx3-ubyte", "{}-images-idx3-ubyte"])
def test_all_spellings_and_gzip_are_read(tmp_path: Path, name: str):
    for stem in ("train", "t10k"):
        images = tmp_path / name.format(stem)
        labels = tmp_path / images.name.replace("images", "labels").replace("idx3", "idx1")
        for path, content in ((images, IMAGES), (labels, LABELS)):
            path.write_bytes(gzip.compress(content) if name.endswith("gz") else content)
    items = open_dataset(tmp_path).items
    assert [item.name for item in items] == ["train#0", "train#1", "test#0", "test#1"]
    assert items[2].part == "test"


def test_a_pair_without_a_part_is_unsplit_and_one_file_stands_for_its_pair(tmp_path: Path):
    write(write(tmp_path, ""), "train-")
    dataset = open_dataset(tmp_path / "images-idx3-ubyte")
    assert [(item.name, item.part) for item in dataset.items] == [("picture#0", None), ("picture#1", None)]


@pytest.mark.parametrize(
    ("images", "labels", "words"),
    [
        (IMAGES[:-1], LABELS, "images-idx3-ubyte is cut short: its header promises 24 values, 23 are there"),
        (IMAGES, LABELS[:-1], "labels-idx1-ubyte is cut short"),
        (IMAGES[:7], LABELS, "no IDX file"),
        (b"", LABELS, "no IDX file"),
        (LABELS, LABELS, "interchanged"),
        (gzip.compress(IMAGES, mtime=0)[:-12], LABELS, "cut short or damaged"),
        (gzip.compress(IMAGES, mtime=0)[:-8] + bytes(8), LABELS, "cut short or damaged"),
        (b"\x1f\x8bnonsense", LABELS, "images-idx3-ubyte cannot be read"),
        (struct.pack(">BBBBIII", 0, 0, 8, 3, 2**31, 2**10, 2**10), LABELS, "claims 2147483648 x 1024 x 1024"),
        (struct.pack(">BBBBIII", 0, 0, 8, 3, 0, 3, 4), LABELS, "claims 0 x 3 x 4"),
        (struct.pack(">BBBBIII", 0, 0, 13, 3, 2, 3, 4), LABELS, "type 13"),
        (IMAGES, struct.pack(">BBBBI", 0, 0, 8, 1, 1) + b"\1", "has 2 pictures and .* 1 labels"),
    ],
)
def test_broken_files_are_named(tmp_path: Path, images: bytes, labels: bytes, words: str):
    with pytest.raises(StriateError, match=words) as caught:
        open_idx(write(tmp_path, images=images, labels=labels))
    assert "ubyte" in str(caught.value)


def test_a_gzip_bomb_is_read_no_further_than_its_header_says(tmp_path: Path):
    images = gzip.compress(IMAGES + bytes(50_000_000))
    assert len(open_idx(write(tmp_path, images=images)).items) == 2


def test_a_missing_partner_is_named(tmp_path: Path):
    (write(tmp_path) / "train-labels-idx1-ubyte").unlink()
    with pytest.raises(StriateError, match="labels is missing"):
        open_idx(tmp_path)


def test_two_sets_in_one_folder_are_an_error(tmp_path: Path):
    write(write(tmp_path, "letters-train-"), "digits-train-")
    with pytest.raises(StriateError, match="more than one pair"):
        open_idx(tmp_path)


def test_mnist_has_its_published_histogram(shared: Path):
    dataset = open_dataset(shared / "data" / "mnist")
    counts = [0] * 10
    for item in dataset.items[60_000:]:
        assert item.truth.label is not None
        counts[item.truth.label] += 1
    assert len(dataset.items) == 70_000
    assert dataset.classes == tuple("0123456789")
    assert counts == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert dataset.items[60_000].name == "test#0"
    assert dataset.read(69_999)[0].shape == (1, 28, 28)
