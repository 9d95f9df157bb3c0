"""IDX: the format of MNIST and its kin; one file of pictures and one of labels for each part, gzipped or not.

Source: Y. LeCun, "The MNIST database", the section on file formats: two zero bytes, the type (8: unsigned
byte), the number of dimensions, each dimension as a big-endian 32-bit number, then the values.
"""

import gzip
import io
import re
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from striate.data.dataset import BadPicture, Item, Part
from striate.data.paths.files import list_folder, reach_of
from striate.data.sample import Truth
from striate.errors import StriateError
from striate.files.downloads import checksum
from striate.shapes import Picture

# H. Xiao et al., "Fashion-MNIST", 2017, table 2. IDX files hold no names, so the set is known by its labels.
FASHION = (
    *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
    *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
)
FASHION_LABELS_MD5 = ("25c81989df183df01b3e8a0aad5dffbe", "bb300cfdad3c16e7a12a480ee83cd310")
MAX_VALUES = 2_000_000_000  # 2 GB of pixels; EMNIST, the largest of the kind, has 0.64

_NAME = re.compile(r"(?P<stem>.*?)[-_.]?(?P<what>images|labels)[-_.]idx[13][-_.]ubyte(\.gz)?", re.IGNORECASE)
_PART_WORDS: tuple[tuple[str, Part], ...] = (
    ("train", "train"),
    ("t10k", "test"),
    ("test", "test"),
    ("val", "validation"),
    ("valid", "validation"),
    ("validation", "validation"),
)


@dataclass(frozen=True, slots=True)
class Pair:
    """The pictures and labels of one part."""

    images: Path
    labels: Path
    part: Part | None

    @property
    def prefix(self) -> str:
        """What the names of its items begin with."""
        return self.part or "picture"


class IdxDataset:
    """Pictures held in memory as they are stored: (N, H, W), 8 bit, one tensor a part.

    Attributes:
        classes: the label values that occur, as text, in their order; Fashion-MNIST's by their names.
        notes: what a person should know about what was found.
    """

    def __init__(self, path: Path, pairs: list[Pair], ignored: int) -> None:
        self.path = path
        self.ignored = ignored
        self.notes: tuple[str, ...] = ()
        stored = [_read_pair(pair) for pair in pairs]
        values = sorted({value for _, labels in stored for value in labels.tolist()})
        fashion = any(_is_fashion(pair.labels) for pair in pairs) and max(values) < len(FASHION)
        self.classes = tuple(FASHION[value] if fashion else str(value) for value in values)
        truths = {value: Truth(label=at) for at, value in enumerate(values)}
        self._pixels = [pixels for pixels, _ in stored]
        self._starts: list[int] = []
        items: list[Item] = []
        for pair, (_, labels) in zip(pairs, stored, strict=True):
            self._starts.append(len(items))
            prefix, part = pair.prefix, pair.part
            items += [Item(f"{prefix}#{at}", truths[v], part) for at, v in enumerate(labels.tolist())]
        self.items = tuple(items)
        height, width = self._pixels[0].shape[1:]
        self.layout = f"IDX (as MNIST), {width} x {height} grey, {', '.join(p.prefix for p in pairs)}"

    def content(self, row: int) -> bytes:
        """The pixels of item `row`, row by row."""
        return self._stored(row).numpy().tobytes()

    def read(self, row: int) -> tuple[Picture, str | None]:
        """The picture of item `row`, (1, H, W); never damaged."""
        return self._stored(row)[None].clone(), None

    def _stored(self, row: int) -> Tensor:
        if not 0 <= row < len(self.items):
            raise BadPicture(f"there is no item {row}; there are {len(self.items)}")
        at = max(k for k, start in enumerate(self._starts) if start <= row)
        return self._pixels[at][row - self._starts[at]]


def is_idx_name(name: str) -> bool:
    """Whether a file is called like one of MNIST's."""
    return _NAME.fullmatch(name) is not None


def open_idx(path: Path) -> IdxDataset:
    """The IDX files in a folder, or the pair that one file belongs to.

    Raises:
        StriateError: a file is missing its partner, is cut short, or is no IDX file; the message names it.
    """
    folder = path if path.is_dir() else path.parent
    listing = list_folder(str(folder.resolve()), reach_of(folder))
    names = [found.name for found in listing.files if is_idx_name(found.name)]
    others = len(listing.files) + len(listing.folders) + listing.hidden - len(names)
    if path.is_dir():
        return IdxDataset(path, _pairs(folder, names), others)
    stem = _split_name(path.name)[0]
    return IdxDataset(path, _pairs(folder, [name for name in names if _split_name(name)[0] == stem]), 0)


def _split_name(name: str) -> tuple[str, str]:
    match = _NAME.fullmatch(name)
    assert match is not None
    return match["stem"], match["what"].lower()


def _pairs(folder: Path, names: list[str]) -> list[Pair]:
    found: dict[str, dict[str, str]] = {}
    for name in names:
        stem, what = _split_name(name)
        if what in found.setdefault(stem, {}):
            raise StriateError(f"{folder} has {found[stem][what]} and {name}, the same file twice. Keep one.")
        found[stem][what] = name
    pairs = []
    for stem, files in found.items():
        for what, other in (("labels", "images"), ("images", "labels")):
            if what not in files:
                raise StriateError(
                    f"{folder / files[other]} has no partner: the IDX file of its {what} is missing. Put the "
                    f"file of the same name with '{what}' beside it."
                )
        pairs.append(Pair(folder / files["images"], folder / files["labels"], _part(stem)))
    order = {"train": 0, "validation": 1, "test": 2, None: 3}
    pairs.sort(key=lambda pair: order[pair.part])
    parts = [pair.part for pair in pairs]
    twice = next((pair for pair in pairs if parts.count(pair.part) > 1), None)
    if twice:
        raise StriateError(
            f"{folder} has more than one pair of IDX files for {twice.prefix}. Keep one data set in a folder."
        )
    return pairs


def _part(stem: str) -> Part | None:
    last = re.split(r"[-_.]", stem.lower())[-1]
    return next((part for word, part in _PART_WORDS if word == last), None)


def _read_pair(pair: Pair) -> tuple[Tensor, Tensor]:
    pixels, labels = _read(pair.images, 3), _read(pair.labels, 1)
    if len(pixels) != len(labels):
        raise StriateError(
            f"{pair.images} has {len(pixels)} pictures and {pair.labels.name} {len(labels)} labels: they do "
            "not belong together. Fetch both again."
        )
    return pixels, labels


def _is_fashion(labels: Path) -> bool:
    """Whether these are Fashion-MNIST's labels as they are published, gzipped."""
    return labels.stat().st_size < 100_000 and checksum(labels, "md5") in FASHION_LABELS_MD5


def _read(path: Path, dimensions: int) -> Tensor:
    """The values of an IDX file, read to the length that its header gives and no further."""
    try:
        with path.open("rb") as raw:
            zipped = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            if not zipped:
                return _read_values(path, raw, dimensions)
            with gzip.GzipFile(fileobj=raw) as unzipped:
                return _read_values(path, unzipped, dimensions)
    except (OSError, EOFError, zlib.error) as error:
        reason = (
            error.strerror
            if isinstance(error, OSError) and error.strerror
            else "its gzip stream is cut short or damaged"
        )
        raise StriateError(f"{path} cannot be read: {reason}. Fetch the file again.") from error


def _read_values(path: Path, file: io.BufferedIOBase, dimensions: int) -> Tensor:
    header = file.read(4 + 4 * dimensions)
    if len(header) < 8 or header[:2] != b"\0\0":
        raise StriateError(f"{path} is no IDX file: its header is missing. Fetch the file again.")
    if header[2:4] != bytes((8, dimensions)):
        raise StriateError(
            f"{path} holds IDX values of type {header[2]} in {header[3]} dimensions; expected bytes (type 8) "
            f"in {dimensions}. Are pictures and labels interchanged?"
        )
    if len(header) < 4 + 4 * dimensions:
        raise StriateError(f"{path} is cut short in its header. Fetch the file again.")
    shape: tuple[int, ...] = struct.unpack_from(f">{dimensions}I", header, 4)
    count = 1
    for size in shape:
        count *= size
    if not 0 < count <= MAX_VALUES:
        raise StriateError(
            f"{path} claims {' x '.join(map(str, shape))} values; from 1 to {MAX_VALUES:,} are read. "
            "The file is damaged or empty: fetch it again."
        )
    values = file.read(count)
    file.read(1)  # at its end gzip compares the checksum
    if len(values) < count:
        raise StriateError(
            f"{path} is cut short: its header promises {count:,} values, {len(values):,} are there. "
            "Fetch the file again."
        )
    return torch.frombuffer(bytearray(values), dtype=torch.uint8).view(shape)
