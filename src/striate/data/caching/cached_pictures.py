"""One entry of the picture cache on disk: decoded pictures in a raw file, what is known of them beside.

    pictures-<token>.raw   N pictures (H, W, C), 8 bit; then N statuses (5 x int64), N thumbnails, N bytes
                           that say which thumbnails count
    index                  a line with the digest of the rest; then JSON: what the entry is of, the name of
                           the raw file, the digest of its second part, which pictures look alike, and one
                           object a picture

Nothing in an entry is trusted: the index must be as its digest says, name the raw file by its pattern, and
that file must be as long as the data set asks for. Whatever is not right counts as no entry at all. Each
picture has a checksum, and one that is not as written is read again from its own file (decision 0015). An
entry that is small beside the memory is read whole, so that nobody can cut its file off under a running
program; a larger one is copied into a nameless file, which nobody can reach either. Where no disk has room
for that, the pictures are decoded.
"""

import contextlib
import hashlib
import mmap
import os
import re
import stat
import tempfile
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from jaxtyping import UInt8
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from torch import Tensor

from striate.data.dataset import BadPicture
from striate.data.look_alikes.thumbnails import SIDE
from striate.data.paths.files import read_file
from striate.data.scan import Scan, Scanned
from striate.files.file_lock import is_in_use, mark_in_use
from striate.files.writing import replaced_file
from striate.machine.memory import memory

FORMAT = 6
INDEX = "index"
LARGEST_INDEX = 2**29  # bytes
READ = 2**26  # bytes at a time
SUMMED = 2**22  # bytes that a thread sums up at a time
STATUS = 5  # whole numbers a picture that change when its file does
_RAW = re.compile(r"pictures-[0-9a-f]{16}\.raw")
_KNOWN = 8 * STATUS + SIDE * SIDE + 1  # bytes a picture beside the picture

Statuses = npt.NDArray[np.int64]


class _Index(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    of: dict[str, Any]
    raw: str
    sums: list[int]
    known: str
    near: tuple[tuple[int, int], ...]
    rows: list[Scanned]


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as it was read.

    Attributes:
        pictures: (N, C, H, W) in the order of the data set that it was made of, as a private copy; channels
            are last in memory, as in the file.
        rows: what each was scanned as.
        statuses: (N, 5) of the files when they were read; a negative size is that of no file.
        near: rows that look alike, as many as connect them all.
        damaged: rows whose pixels are not those that were written.
    """

    pictures: UInt8[Tensor, "N C H W"]
    rows: list[Scanned]
    thumbnails: UInt8[Tensor, "N D"]
    comparable: list[bool]
    statuses: Statuses
    near: tuple[tuple[int, int], ...]
    damaged: frozenset[int] = frozenset()


def raw_bytes(shape: tuple[int, int, int, int]) -> int:
    """The size of the raw file for (N, C, H, W)."""
    return _start_of_known(shape) + shape[0] * _KNOWN


def read_entry(folder: Path, of: dict[str, Any], shape: tuple[int, int, int]) -> Entry | None:
    """The entry in a folder, None if there is none, or none that can be trusted.

    Args:
        folder: of one entry.
        of: what the entry must be of.
        shape: (C, H, W) of its pictures.
    """
    try:
        index = _read_index(folder / INDEX)
        if index is None or index.of != of or not _RAW.fullmatch(index.raw):
            return None
        near = (row for pair in index.near for row in pair)
        if len(index.sums) != len(index.rows) or not all(0 <= row < len(index.rows) for row in near):
            return None
        whole = (len(index.rows), *shape)
        mapped = _contents(folder / index.raw, raw_bytes(whole))
        if mapped is None:
            return None
        statuses, thumbnails, comparable = _split_known(mapped, whole)
        if _digest_of(statuses, thumbnails, comparable) != index.known:
            return None
        pictures = _split_pictures(mapped, whole)
        damaged = _damaged(mapped, whole, index.sums)
        with contextlib.suppress(OSError):  # another's folder: when it was used decides what goes first
            os.utime(folder / INDEX)
    except (OSError, BadPicture):
        return None
    flags = [bool(flag) for flag in comparable]
    thumbs = torch.from_numpy(thumbnails.copy())
    return Entry(pictures, index.rows, thumbs, flags, statuses.copy(), index.near, damaged)


class NewEntry:
    """An entry being written; its pictures are used by who writes it, too."""

    def __init__(self, folder: Path, shape: tuple[int, int, int, int]) -> None:
        """Reserve the whole size.

        Raises:
            OSError: the disk is full, or the folder cannot be written.
        """
        self.folder, self.shape = folder, shape
        self.path = folder / f"pictures-{os.urandom(8).hex()}.raw"
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        self._handle = os.open(self.path, flags, 0o600)
        try:
            reserve(self._handle, raw_bytes(shape))
            mark_in_use(self._handle)
            self._room = private_room(raw_bytes(shape), folder)
        except BaseException:
            self.abandon()
            raise
        self.pictures: UInt8[Tensor, "N C H W"] = _split_pictures(self._room, shape)

    def publish(self, of: dict[str, Any], scan: Scan, statuses: Statuses) -> None:
        """Make it the folder's entry, and remove the one that was; slow where the disk is.

        Raises:
            OSError: the disk is full, or the folder is gone.
        """
        places = _split_known(self._room, self.shape)
        places[0][:] = statuses
        places[1][:] = scan.thumbnails.numpy()
        places[2][:] = scan.comparable.numpy()
        _write_whole(self._handle, self._room)
        os.fsync(self._handle)
        index = _Index.model_construct(
            of=of,
            raw=self.path.name,
            sums=_checksums(self._room, self.shape, range(self.shape[0])),  # no threads: the program may end
            known=_digest_of(*places),
            near=tuple(scan.near_pairs()),
            rows=list(scan.rows),
        )
        _write_index(self.folder / INDEX, index)
        os.close(self._handle)
        remove_raw_files(self.folder, except_for=self.path.name)

    def abandon(self) -> None:
        """Give the disk back; the pictures stay readable where the system allows."""
        with contextlib.suppress(OSError):
            os.close(self._handle)
        with contextlib.suppress(OSError):  # Windows: in use; the next writer removes it
            self.path.unlink()


def remove_raw_files(folder: Path, except_for: str | None = None) -> bool:
    """Delete raw files that nobody reads; whether all are gone. The caller holds the folder's lock."""
    all_gone = True
    for path in folder.glob("pictures-*.raw"):
        if path.name == except_for:
            continue
        if is_in_use(path):
            all_gone = False
            continue
        try:
            path.unlink()
        except OSError:  # Windows: mapped by somebody
            all_gone = False
    return all_gone


def reserve(handle: int, size: int) -> None:
    """Give a new file its size on disk: a sparse one on a full disk would kill the process when written.

    Raises:
        OSError: the disk is full.
    """
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(handle, 0, size)
        return
    zeros = bytes(2**20)
    for at in range(0, size, len(zeros)):
        os.write(handle, zeros[: size - at])


def _start_of_known(shape: tuple[int, int, int, int]) -> int:
    return -(-int(np.prod(shape, dtype=np.int64)) // 8) * 8  # whole numbers start at a multiple of 8


def _split_pictures(
    mapped: npt.NDArray[np.uint8], shape: tuple[int, int, int, int]
) -> UInt8[Tensor, "N C H W"]:
    """A view of the pictures."""
    count, channels, height, width = shape
    pixels = torch.from_numpy(mapped[: int(np.prod(shape, dtype=np.int64))])
    return pixels.view(count, height, width, channels).permute(0, 3, 1, 2)


def _split_known(
    mapped: npt.NDArray[np.uint8], shape: tuple[int, int, int, int]
) -> tuple[Statuses, npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """Views of statuses, thumbnails and flags."""
    count, start = shape[0], _start_of_known(shape)
    ends = [start + count * 8 * STATUS, start + count * (8 * STATUS + SIDE * SIDE), start + count * _KNOWN]
    statuses = mapped[start : ends[0]].view(np.int64).reshape(count, STATUS)
    return statuses, mapped[ends[0] : ends[1]].reshape(count, SIDE * SIDE), mapped[ends[1] : ends[2]]


def _digest_of(*parts: npt.NDArray[Any]) -> str:
    whole = hashlib.blake2b(digest_size=16)
    for part in parts:
        whole.update(np.ascontiguousarray(part).tobytes())
    return whole.hexdigest()


def _checksums(mapped: npt.NDArray[np.uint8], shape: tuple[int, int, int, int], rows: range) -> list[int]:
    """The CRC-32 of some pictures."""
    size = int(np.prod(shape[1:], dtype=np.int64))
    return [zlib.crc32(mapped[row * size : (row + 1) * size].data) for row in rows]


def _damaged(
    mapped: npt.NDArray[np.uint8], shape: tuple[int, int, int, int], sums: list[int]
) -> frozenset[int]:
    """The rows whose pictures are not those that were written; looked for in several threads."""
    step = max(1, SUMMED // max(1, int(np.prod(shape[1:], dtype=np.int64))))
    chunks = [range(first, min(first + step, shape[0])) for first in range(0, shape[0], step)]
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        found = [
            one for some in pool.map(lambda rows: _checksums(mapped, shape, rows), chunks) for one in some
        ]
    return frozenset(row for row, known in enumerate(sums) if found[row] != known)


def _contents(path: Path, size: int) -> npt.NDArray[np.uint8] | None:
    """What a file of exactly this size holds, as a private copy; None of another, or of no regular file."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    handle = os.open(path, flags | getattr(os, "O_NONBLOCK", 0))  # a named pipe would wait for ever
    try:
        mark_in_use(handle)
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode) or status.st_size != size:
            return None
        room = private_room(size, path.parent)
        return room if _read_whole(handle, room) else None
    finally:
        os.close(handle)


def private_room(size: int, folder: Path) -> npt.NDArray[np.uint8]:
    """Room for an entry that no other program can cut off: memory, or a nameless file behind a large one.

    The file is in the temporary folder, or beside the entry in `folder` where that has no room.

    Raises:
        OSError: neither has room.
    """
    if size <= memory_for_copies():
        return np.zeros(size, dtype=np.uint8)
    try:
        return _nameless_file(size, Path(tempfile.gettempdir()))
    except OSError:
        return _nameless_file(size, folder)


def _nameless_file(size: int, folder: Path) -> npt.NDArray[np.uint8]:
    with tempfile.TemporaryFile(prefix="striate-pictures-", dir=folder) as file:
        reserve(file.fileno(), size)
        return np.frombuffer(mmap.mmap(file.fileno(), size), dtype=np.uint8)  # outlives the file's handle


def memory_for_copies() -> int:
    """How large an entry may be that is kept in memory as a whole, in bytes."""
    found = memory()
    return min((found.total or 0) // 8, (found.available or 0) // 2)


def _write_whole(handle: int, content: npt.NDArray[np.uint8]) -> None:
    os.lseek(handle, 0, os.SEEK_SET)
    view, at = content.data, 0
    while at < len(view):
        at += os.write(handle, view[at : at + READ])


def _read_whole(handle: int, room: npt.NDArray[np.uint8]) -> bool:
    """Fill `room`; whether the file held as much."""
    view, at = room.data, 0
    with os.fdopen(os.dup(handle), "rb", buffering=0) as file:
        while at < len(view):
            count = file.readinto(view[at : at + READ])
            if not count:
                return False  # it became shorter
            at += count
    return True


def _read_index(path: Path) -> _Index | None:
    claimed, _, body = read_file(path, LARGEST_INDEX).partition(b"\n")
    if hashlib.blake2b(body, digest_size=16).hexdigest().encode() != claimed:
        return None
    try:
        return _Index.model_validate_json(body)
    except ValidationError:
        return None


def _write_index(path: Path, index: _Index) -> None:
    body = TypeAdapter(_Index).dump_json(index, exclude_defaults=True)
    claimed = hashlib.blake2b(body, digest_size=16).hexdigest().encode()
    with replaced_file(path) as file:
        file.write(claimed + b"\n" + body)
