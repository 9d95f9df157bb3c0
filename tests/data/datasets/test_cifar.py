"""CIFAR batches, binary and pickled as in 2009, put together by hand."""

import os
import pickle
import struct
from pathlib import Path

import numpy as np
import pytest

from striate.data.datasets.recognise import open_dataset
from striate.errors import StriateError

TEN = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]


def pictures(count: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, 3072), dtype=np.uint8)


def python2_pickle(entries: dict[str, list[str] | list[int] | np.ndarray]) -> bytes:
    """Protocol 2 as Python 2 wrote it: every text is a byte string (U), arrays by numpy.core.multiarray."""

    def text(value: bytes) -> bytes:
        return (
            b"U" + bytes([len(value)]) + value
            if len(value) < 256
            else b"T" + struct.pack("<i", len(value)) + value
        )

    def value(entry: object) -> bytes:
        if isinstance(entry, np.ndarray):
            rows, columns = entry.shape
            shape = b"M" + struct.pack("<H", rows) + b"M" + struct.pack("<H", columns) + b"\x86"
            kind = (
                b"cnumpy\ndtype\n"
                + text(b"u1")
                + b"K\x00K\x01\x87R(K\x03"
                + text(b"|")
                + b"NNNJ\xff\xff\xff\xff"
            )
            kind += b"J\xff\xff\xff\xffK\x00tb"
            start = (
                b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85" + text(b"b") + b"\x87R"
            )
            return start + b"(K\x01" + shape + kind + b"\x89" + text(entry.tobytes()) + b"tb"
        assert isinstance(entry, list)
        inner = b"".join(
            b"K" + bytes([e]) if isinstance(e, int) else text(e.encode("latin-1")) for e in entry
        )
        return b"]q\x01(" + inner + b"e"

    items = b"".join(text(key.encode()) + value(entry) for key, entry in entries.items())
    return b"\x80\x02}q\x00(" + items + b"u."


def test_the_hand_made_pickle_is_one_that_python_reads():
    stored = pictures(3, 0)
    content = python2_pickle({"data": stored, "labels": [1, 2, 3], "filenames": ["caf\xe9.png"]})
    read = pickle.loads(content, encoding="latin1")
    assert (
        (read["data"] == stored).all() and read["labels"] == [1, 2, 3] and read["filenames"] == ["café.png"]
    )


def make_ten(folder: Path, *, binary: bool) -> dict[str, tuple[list[int], np.ndarray]]:
    """Three batches; labels never name a truck."""
    truth = {}
    for number, name in enumerate(("data_batch_1", "data_batch_2", "test_batch")):
        stored, labels = pictures(4 + number, number), [(2 * number + at) % 9 for at in range(4 + number)]
        truth[name] = labels, stored
        if binary:
            records = b"".join(bytes([v]) + row.tobytes() for v, row in zip(labels, stored, strict=True))
            (folder / f"{name}.bin").write_bytes(records)
        else:
            names = [f"\xe9_{at}.png" for at in labels]
            entries = {"batch_label": [name], "labels": labels, "data": stored, "filenames": names}
            (folder / name).write_bytes(python2_pickle(entries))
    if binary:
        (folder / "batches.meta.txt").write_text("\n".join(TEN) + "\n\n")
    else:
        (folder / "batches.meta").write_bytes(python2_pickle({"label_names": TEN}))
    return truth


@pytest.mark.parametrize("binary", [True, False])
def test_cifar_10_in_both_versions(tmp_path: Path, binary: bool):
    truth = make_ten(tmp_path, binary=binary)
    (tmp_path / "readme.html").write_text("x")
    dataset = open_dataset(tmp_path)
    kind = "binary" if binary else "python"
    assert dataset.layout == f"CIFAR-10, {kind} batches, split into train + test"
    assert dataset.classes == tuple(name for name in TEN if name != "truck")
    assert "classes without pictures, left out: truck" in dataset.notes
    assert dataset.ignored == 1
    row = 0
    for name, (labels, stored) in truth.items():
        for label, flat in zip(labels, stored, strict=True):
            item = dataset.items[row]
            assert (dataset.classes[item.truth.label], item.part) == (
                TEN[label],
                "test" if "test" in name else "train",
            )
            red_green_blue = [
                [[int(flat[1024 * c + 32 * y + x]) for x in (0, 31)] for y in (0, 31)] for c in range(3)
            ]
            picture, damage = dataset.read(row)
            assert picture[:, ::31, ::31].tolist() == red_green_blue and damage is None
            assert dataset.content(row) == flat.tobytes()
            row += 1
    assert row == len(dataset.items) and dataset.items[9].name == "test#0"


@pytest.mark.parametrize("binary", [True, False])
def test_cifar_100_has_its_fine_labels(tmp_path: Path, binary: bool):
    names = [f"kind {number}" for number in range(100)]
    for name, fine in (("train", [99, 3, 50]), ("test", [3])):
        stored = pictures(len(fine), len(name))
        if binary:
            pairs = zip(fine, stored, strict=True)
            (tmp_path / f"{name}.bin").write_bytes(
                b"".join(bytes([7, v]) + row.tobytes() for v, row in pairs)
            )
        else:
            content = python2_pickle({"data": stored, "fine_labels": fine, "coarse_labels": [7] * len(fine)})
            (tmp_path / name).write_bytes(content)
    if binary:
        (tmp_path / "fine_label_names.txt").write_text("\n".join(names))
    else:
        (tmp_path / "meta").write_bytes(python2_pickle({"fine_label_names": names}))
    dataset = open_dataset(tmp_path)
    assert dataset.classes == ("kind 3", "kind 50", "kind 99")
    assert [item.truth.label for item in dataset.items] == [2, 0, 1, 0]
    assert [item.name for item in dataset.items] == ["train#0", "train#1", "train#2", "test#0"]


def test_a_binary_batch_that_is_cut_short_is_named(tmp_path: Path):
    make_ten(tmp_path, binary=True)
    with (tmp_path / "data_batch_2.bin").open("r+b") as file:
        file.truncate(5000)
    with pytest.raises(StriateError, match=r"data_batch_2\.bin has 5,000 bytes, which is no whole number"):
        open_dataset(tmp_path)


def test_a_label_without_a_name_is_an_error(tmp_path: Path):
    make_ten(tmp_path, binary=True)
    (tmp_path / "batches.meta.txt").write_text("cat\ndog\n")
    with pytest.raises(StriateError, match="has the label 2; CIFAR-10, binary batches has 2 classes"):
        open_dataset(tmp_path)


class Runs:
    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self):
        return os.system, (f"touch {self.file}",)


def test_a_batch_with_code_in_it_is_refused_and_nothing_runs(tmp_path: Path):
    folder = tmp_path / "data"
    folder.mkdir()
    make_ten(folder, binary=False)
    stored = {"data": pictures(2, 1), "labels": [0, 1], "extra": Runs(tmp_path / "ran")}
    (folder / "data_batch_1").write_bytes(pickle.dumps(stored, 2))
    with pytest.raises(StriateError, match=r"data_batch_1 is not read: it asks for posix\.system") as caught:
        open_dataset(folder)
    assert not (tmp_path / "ran").exists() and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("stored", "words"),
    [
        ([1, 2], "holds a list"),
        ({"labels": [1]}, "holds no 'data'"),
        ({"data": pictures(2, 0), "labels": [1]}, "a label for each of its 2 pictures"),
        ({"data": pictures(2, 0)[:, :100], "labels": [1, 2]}, "holds no 'data'"),
        ({"data": pictures(2, 0), "labels": [1, 11]}, "has the label 11"),
    ],
)
def test_other_pickles_are_one_clear_line(tmp_path: Path, stored: object, words: str):
    make_ten(tmp_path, binary=False)
    (tmp_path / "data_batch_1").write_bytes(pickle.dumps(stored, 2))
    with pytest.raises(StriateError, match=words):
        open_dataset(tmp_path)


def test_a_folder_of_class_folders_called_train_and_test_is_no_cifar(tmp_path: Path):
    for name in ("train", "test"):
        (tmp_path / name).write_text("a file")
    with pytest.raises(StriateError, match="holds no pictures"):
        open_dataset(tmp_path)


@pytest.mark.parity
@pytest.mark.parametrize("base", ["cifar-10-batches-py"])
def test_the_pickles_agree_with_torchvisions_reader(tmp_path: Path, base: str, monkeypatch):
    from torchvision.datasets import CIFAR10

    folder = tmp_path / base
    folder.mkdir()
    make_ten(folder, binary=False)
    for name in ("_check_integrity", "_load_meta"):
        monkeypatch.setattr(CIFAR10, name, lambda _: True)
    monkeypatch.setattr(CIFAR10, "train_list", [["data_batch_1", ""], ["data_batch_2", ""]])
    theirs = CIFAR10(tmp_path, train=True)
    ours = open_dataset(folder)
    for row in range(len(theirs)):
        image, label = theirs[row]
        assert np.array(image).transpose(2, 0, 1).tolist() == ours.read(row)[0].tolist()
        assert ours.classes[ours.items[row].truth.label] == TEN[label]
