"""What all data sets of picture files share: reading one of them, safely."""

import hashlib
import os
from pathlib import Path

from striate.data.dataset import BadPicture, Dataset, Item
from striate.data.decoding import DEFAULT_LIMITS, Decoded, Limits, decode_for, shape_of
from striate.data.files import Found, read_file
from striate.shapes import Picture


class PictureFiles:
    """A data set whose items are picture files: `content` is the file, which `decode` understands.

    `limits` may be set before anything is read.
    """

    path: Path
    layout: str
    classes: tuple[str, ...]
    items: tuple[Item, ...]
    ignored: int
    notes: tuple[str, ...] = ()
    limits: Limits = DEFAULT_LIMITS

    def __init__(self, files: tuple[Found, ...]) -> None:
        self._files = files

    def content(self, row: int) -> bytes:
        """The bytes of item `row`'s file. Raises BadPicture."""
        found = self._files[row]
        if found.problem:
            raise BadPicture(found.problem)
        return read_file(found.path, self.limits.bytes)

    def read(self, row: int) -> tuple[Picture, str | None]:
        """The decoded picture of item `row`, and what is wrong with it. Raises BadPicture."""
        return decode_for(self.content(row), None, self.limits)[:2]

    def status(self, row: int) -> tuple[int, int, int, int, int]:
        """What changes when item `row`'s file does, without opening it; cheap.

        Returns:
            A number for its name, then size, modification and change time in nanoseconds, and inode: zeros
            where the file may not be opened or is not there.
        """
        found = self._files[row]
        named = hashlib.blake2b(f"{found.name}\0{found.problem}".encode(errors="replace"), digest_size=7)
        name = int.from_bytes(named.digest(), "big")
        if found.problem:
            return name, 0, 0, 0, 0
        try:
            status = os.stat(found.path)  # noqa: PTH116 - paths are plain strings, for speed
        except (OSError, ValueError):
            return name, 0, 0, 0, 0
        return name, status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino % 2**63


def set_limits(dataset: Dataset, limits: Limits) -> Dataset:
    """The data set, reading nothing larger; sets that are no picture files have their own limits."""
    if isinstance(dataset, PictureFiles):
        dataset.limits = limits
    return dataset


def read_for(dataset: Dataset, row: int, size_hw: tuple[int, int] | None) -> Decoded:
    """The picture of item `row` as it is decoded when it will be resized to `size_hw`. Raises BadPicture."""
    if isinstance(dataset, PictureFiles):
        return decode_for(dataset.content(row), size_hw, dataset.limits)
    picture, damage = dataset.read(row)
    return Decoded(picture, damage, (picture.shape[1], picture.shape[2]))


def picture_shape(dataset: Dataset, row: int) -> tuple[int, int, int]:
    """Channels, height and width of item `row`, without decoding a file's pixels. Raises BadPicture."""
    if isinstance(dataset, PictureFiles):
        return shape_of(dataset.content(row), dataset.limits)
    picture, _ = dataset.read(row)
    return picture.shape[0], picture.shape[1], picture.shape[2]
