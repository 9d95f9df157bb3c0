"""Data sets that a name stands for: `mnist`, `fashion-mnist`, `cifar10`, `cifar100`.

They are kept in the cache folder, fetched there once with a checksum, and read from there like any folder.
Where there is no network, the error names what to fetch and where to put it. Source of addresses and
checksums: the data sets' own pages and torchvision's table of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from striate.data.paths.archives import unpack
from striate.errors import WorkFailed
from striate.events import Listener, Note, silent
from striate.files.cache_folder import cache_folder
from striate.files.downloads import DOWNLOAD_ERRORS, checksum, download


@dataclass(frozen=True, slots=True)
class NamedSet:
    """What is fetched for a name.

    Attributes:
        url: of the folder that holds the files.
        files: their names and MD5 checksums.
        size: of all together, in bytes.
        members: of an archive, what is taken out of it and how many bytes each has at most; empty for files
            that are read as they are.
        licence: what people should know before they use it.
    """

    title: str
    url: str
    files: Mapping[str, str]
    size: int
    licence: str
    members: Mapping[str, int] = field(default_factory=dict)


_RECORDS = 30_730_000  # bytes of 10,000 pictures with one label each
_TEXT = 10_000

NAMED_SETS: dict[str, NamedSet] = {
    "mnist": NamedSet(
        title="MNIST, 70,000 digits",
        url="https://ossci-datasets.s3.amazonaws.com/mnist/",
        files={
            "train-images-idx3-ubyte.gz": "f68b3c2dcbeaaa9fbdd348bbdeb94873",
            "train-labels-idx1-ubyte.gz": "d53e105ee54ea40749a09fcbcd1e9432",
            "t10k-images-idx3-ubyte.gz": "9fb629c4189551a2d022fa330f9573f3",
            "t10k-labels-idx1-ubyte.gz": "ec29112dd5afa0611ce80d1b7f02629c",
        },
        size=11_594_722,
        licence="CC BY-SA 3.0",
    ),
    "fashion-mnist": NamedSet(
        title="Fashion-MNIST, 70,000 pieces of clothing",
        url="http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        files={
            "train-images-idx3-ubyte.gz": "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
            "train-labels-idx1-ubyte.gz": "25c81989df183df01b3e8a0aad5dffbe",
            "t10k-images-idx3-ubyte.gz": "bef4ecab320f06d8554ea6380940ec79",
            "t10k-labels-idx1-ubyte.gz": "bb300cfdad3c16e7a12a480ee83cd310",
        },
        size=30_878_645,
        licence="MIT",
    ),
    "cifar10": NamedSet(
        title="CIFAR-10, 60,000 colour pictures",
        url="https://www.cs.toronto.edu/~kriz/",
        files={"cifar-10-binary.tar.gz": "c32a1d4ab5d03f1284b67883e8d87530"},
        size=170_052_171,
        licence="no licence stated by its author",
        members={
            "cifar-10-batches-bin/batches.meta.txt": _TEXT,
            **{f"cifar-10-batches-bin/data_batch_{number}.bin": _RECORDS for number in range(1, 6)},
            "cifar-10-batches-bin/test_batch.bin": _RECORDS,
        },
    ),
    "cifar100": NamedSet(
        title="CIFAR-100, 60,000 colour pictures",
        url="https://www.cs.toronto.edu/~kriz/",
        files={"cifar-100-binary.tar.gz": "03b5dce01913d631647c71ecec9e9cb8"},
        size=168_513_733,
        licence="no licence stated by its author",
        members={
            "cifar-100-binary/fine_label_names.txt": _TEXT,
            "cifar-100-binary/train.bin": 153_700_000,
            "cifar-100-binary/test.bin": 30_740_000,
        },
    ),
}


def find_named(name: str, on_event: Listener = silent) -> Path:
    """The folder of a named data set, fetched into the cache if it is not there.

    Args:
        on_event: hears a `Note` with address, size and licence before anything is fetched, then `Progress`.

    Raises:
        WorkFailed: it is not here and could not be had; says what to fetch and where to put it.
    """
    entry = NAMED_SETS[name]
    base = cache_folder() / "datasets"
    place, unpacked = base / name, base / name / "unpacked"
    if entry.members and _is_whole(unpacked, entry):
        return unpacked
    missing = [file for file, md5 in entry.files.items() if not _is_right(place / file, md5)]
    try:
        if missing:
            about = f"{entry.size / 1e6:.0f} MB; {entry.licence}"
            on_event(Note(f"Fetching {entry.title}, from {entry.url} ({about}) to {place}."))
        for file in missing:
            url, md5 = entry.url + file, entry.files[file]
            download(url, place / file, md5, on_event, algorithm="md5", limit=entry.size)
        if entry.members:
            (archive,) = entry.files
            unpack(place / archive, entry.members, unpacked)
            (place / archive).unlink()
    except DOWNLOAD_ERRORS as error:
        urls = " ".join(entry.url + file for file in missing or entry.files)
        raise WorkFailed(
            f"{name} is not on this machine and could not be fetched ({error}): fetch {urls} and put "
            f"{'it' if len(urls.split()) == 1 else 'them'} into {place}, or give a folder of your own."
        ) from error
    return unpacked if entry.members else place


def _is_right(file: Path, md5: str) -> bool:
    return file.is_file() and checksum(file, "md5") == md5


def _is_whole(folder: Path, entry: NamedSet) -> bool:
    """Whether all members are there; records have just the size that is the most for them."""
    sizes = {folder / member.split("/")[-1]: size for member, size in entry.members.items()}
    return all(
        file.is_file() and (size == _TEXT or file.stat().st_size == size) for file, size in sizes.items()
    )
