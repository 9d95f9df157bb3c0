"""Named data sets: a local server stands for their hosts."""

import gzip
import hashlib
import io
import struct
import tarfile
import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from striate.data.datasets.arrays import idx
from striate.data.datasets.named import NAMED_SETS, NamedSet
from striate.data.datasets.recognise import open_dataset
from striate.errors import WorkFailed
from striate.events import Note, Progress


class Quiet(SimpleHTTPRequestHandler):
    asked: list[str] = []  # noqa: RUF012 - what was asked for, over all requests of a test

    def do_GET(self) -> None:
        self.asked.append(self.path)
        super().do_GET()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


def digits(count: int) -> tuple[bytes, bytes]:
    images = struct.pack(">4I", 2051, count, 2, 2) + bytes(range(4)) * count
    labels = struct.pack(">2I", 2049, count) + bytes(number % 10 for number in range(count))
    return gzip.compress(images, mtime=0), gzip.compress(labels, mtime=0)


@pytest.fixture
def remote(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that is served, small sets of the right form in it, and the table changed to name them."""
    monkeypatch.setenv("STRIATE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "remote"
    folder.mkdir()
    for stem, count in (("train", 30), ("t10k", 20)):
        images, labels = digits(count)
        (folder / f"{stem}-images-idx3-ubyte.gz").write_bytes(images)
        (folder / f"{stem}-labels-idx1-ubyte.gz").write_bytes(labels)
    with tarfile.open(folder / "cifar-10-binary.tar.gz", "w:gz") as file:
        for name in NAMED_SETS["cifar10"].members:
            text = name.endswith("txt")
            content = b"a\nb\n" if text else b"".join(bytes([at]) + bytes(3072) for at in range(2))
            member = tarfile.TarInfo(name)
            member.size = len(content)
            file.addfile(member, io.BytesIO(content))
    monkeypatch.setattr(Quiet, "asked", [])
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        for name, entry in list(NAMED_SETS.items()):
            monkeypatch.setitem(
                NAMED_SETS, name, local(entry, folder, f"http://127.0.0.1:{server.server_port}/")
            )
        yield folder
        server.shutdown()
        thread.join()


def local(entry: NamedSet, folder: Path, url: str) -> NamedSet:
    here = {file: folder / file for file in entry.files}
    files = {f: hashlib.md5(p.read_bytes()).hexdigest() if p.exists() else "0" * 32 for f, p in here.items()}
    members = {member: size if size == 10_000 else 2 * 3073 for member, size in entry.members.items()}
    return replace(entry, url=url, files=files, members=members, size=200_000)


def test_a_set_is_announced_fetched_once_and_read(remote: Path, tmp_path: Path):
    events: list[object] = []
    dataset = open_dataset("mnist", events.append)
    assert (len(dataset.items), len(dataset.classes)) == (50, 10)
    note = events[0]
    assert isinstance(note, Note) and "http://127.0.0.1" in note.text and "CC BY-SA 3.0" in note.text
    assert "MB" in note.text and str(tmp_path / "cache" / "datasets" / "mnist") in note.text
    assert any(isinstance(event, Progress) and event.unit == "bytes" for event in events)
    assert len(Quiet.asked) == 4
    again: list[object] = []
    assert len(open_dataset(Path("MNIST"), again.append).items) == 50
    assert len(Quiet.asked) == 4 and again == []


def test_a_file_that_was_damaged_in_the_cache_is_fetched_again(remote: Path, tmp_path: Path):
    open_dataset("mnist")
    file = tmp_path / "cache" / "datasets" / "mnist" / "train-labels-idx1-ubyte.gz"
    file.write_bytes(b"damaged")
    assert len(open_dataset("mnist").items) == 50
    assert Quiet.asked[4:] == ["/train-labels-idx1-ubyte.gz"]


def test_an_archive_is_unpacked_whole_and_not_kept(remote: Path, tmp_path: Path):
    dataset = open_dataset("cifar10")
    assert dataset.layout.startswith("CIFAR-10, binary") and len(dataset.items) == 12
    place = tmp_path / "cache" / "datasets" / "cifar10"
    assert [p.name for p in place.iterdir()] == ["unpacked"]
    open_dataset("cifar10")
    assert Quiet.asked == ["/cifar-10-binary.tar.gz"]


def test_an_archive_put_there_by_hand_is_used(remote: Path, tmp_path: Path):
    place = tmp_path / "cache" / "datasets" / "cifar10"
    place.mkdir(parents=True)
    (place / "cifar-10-binary.tar.gz").write_bytes((remote / "cifar-10-binary.tar.gz").read_bytes())
    assert len(open_dataset("cifar10").items) == 12
    assert Quiet.asked == []


def test_a_wrong_file_is_refused_and_leaves_nothing(remote: Path, tmp_path: Path):
    (remote / "train-images-idx3-ubyte.gz").write_bytes(b"<html>log in first</html>")
    with pytest.raises(WorkFailed, match=r"could not be fetched \(its MD5 begins with") as caught:
        open_dataset("mnist")
    place = tmp_path / "cache" / "datasets" / "mnist"
    assert list(place.iterdir()) == []
    assert "train-labels-idx1-ubyte.gz" in str(caught.value) and f"put them into {place}" in str(caught.value)
    assert "\n" not in str(caught.value) and caught.value.exit_code == 1


def test_an_answer_that_does_not_end_is_cut_off(remote: Path, monkeypatch):
    monkeypatch.setitem(NAMED_SETS, "mnist", replace(NAMED_SETS["mnist"], size=10))
    with pytest.raises(WorkFailed, match="more than the 10 bytes that were expected"):
        open_dataset("mnist")


def test_offline_the_error_says_what_to_fetch_and_where_to_put_it(tmp_path: Path, monkeypatch):
    monkeypatch.setenv("STRIATE_CACHE", str(tmp_path))
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(NAMED_SETS, "cifar100", replace(NAMED_SETS["cifar100"], url="http://127.0.0.1:9/"))
    with pytest.raises(WorkFailed) as caught:
        open_dataset("cifar100")
    text = str(caught.value)
    assert "fetch http://127.0.0.1:9/cifar-100-binary.tar.gz and put it into" in text
    assert str(tmp_path / "datasets" / "cifar100") in text and "\n" not in text


def test_a_folder_of_that_name_wins(remote: Path, tmp_path: Path):
    from PIL import Image

    for label in ("a", "b"):
        (tmp_path / "mnist" / label).mkdir(parents=True)
        Image.new("L", (2, 2)).save(tmp_path / "mnist" / label / "1.png")
    assert open_dataset("mnist").classes == ("a", "b")
    assert Quiet.asked == []


def test_fashion_mnist_has_its_names_and_digits_have_not(remote: Path, monkeypatch):
    labels = (remote / "train-labels-idx1-ubyte.gz").read_bytes()
    monkeypatch.setattr(idx, "FASHION_LABELS_MD5", (hashlib.md5(labels).hexdigest(),))
    assert open_dataset("fashion-mnist").classes == idx.FASHION
    assert len(set(idx.FASHION)) == 10
    monkeypatch.setattr(idx, "FASHION_LABELS_MD5", ())
    assert open_dataset("fashion-mnist").classes == tuple("0123456789")


@pytest.mark.parity
def test_addresses_and_checksums_are_torchvisions():
    from torchvision.datasets import MNIST, FashionMNIST

    for name, theirs in (("mnist", MNIST), ("fashion-mnist", FashionMNIST)):
        assert dict(theirs.resources) == NAMED_SETS[name].files
        assert NAMED_SETS[name].url in theirs.mirrors
    assert tuple(FashionMNIST.classes) == idx.FASHION
    label_files = {md5 for file, md5 in FashionMNIST.resources if "labels" in file}
    assert label_files == set(idx.FASHION_LABELS_MD5)
