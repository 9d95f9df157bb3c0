"""The picture cache: decoded pictures at training size, so that a second start reads no picture file.

Every data set and preprocessing has a folder in `cache_folder()/pictures`. At a start each file is asked for
its size, times and inode; what changed is read again and the entry is written anew, whole, by one process at
a time. It is bounded (`STRIATE_CACHE_BYTES`, 0 for no cache; otherwise 10 GB or a tenth of the disk's free
space, whichever is less), the least recently used entries go first, and it may be deleted at any time. When
it cannot be used, for whatever reason, the work goes on without it.
"""

import contextlib
import hashlib
import importlib.metadata
import json
import os
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import PIL
import torch
from filelock import BaseFileLock
from jaxtyping import UInt8
from torch import Tensor

from striate.data.caching.cache_room import LOCK, make_room, pictures_folder
from striate.data.caching.cached_pictures import (
    FORMAT,
    Entry,
    NewEntry,
    Statuses,
    raw_bytes,
    read_entry,
    remove_raw_files,
)
from striate.data.datasets.picture_files import PictureFiles
from striate.data.scan import Scan, Scanned
from striate.data.wording import counted
from striate.events import Listener, Note, Warned
from striate.files.eviction import LIMIT, limit_bytes
from striate.files.file_lock import LockBusy, lock_file, unlock
from striate.preprocess.preprocessing import Preprocessing

PATIENCE = 600.0  # seconds that one process waits for another which reads the same pictures
# A file that changed this shortly before it was read may change again without its times telling.
TOO_FRESH = 2 * 10**9  # nanoseconds
_writers: list[threading.Thread] = []


def wait_for_writers() -> None:
    """Return when every entry that this process made is on disk."""
    while _writers:
        _writers.pop().join()


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the entry of a data set and preprocessing is, and what it is of."""

    folder: Path
    of: dict[str, Any]
    shape: tuple[int, int, int, int]


class CachedPictures:
    """What the cache has of a data set's pictures, and room for the others.

    Attributes:
        pictures: (N, C, H, W), row i for item i; to be filled where `recall` knows nothing.
        near: which rows look alike, known only if nothing changed.
    """

    def __init__(
        self,
        place: _Place,
        statuses: Statuses,
        old: Entry | None,
        new: NewEntry | None,
        lock: BaseFileLock | None,
    ) -> None:
        self._place, self._statuses, self._old, self._new, self._lock = place, statuses, old, new, lock
        self._began = time.time_ns()
        self._rows = _matching(statuses, old)
        kept = old.pictures if old is not None else None
        self.near = old.near if old is not None and new is None else None
        self.pictures: UInt8[Tensor, "N C H W"] = new.pictures if new is not None else _present(kept)

    def recall(self, row: int) -> tuple[Scanned, UInt8[Tensor, " D"] | None] | None:
        """What the row was scanned as, and its thumbnail, if its file is unchanged since."""
        known = self._rows.get(row)
        if known is None or self._old is None:
            return None
        scanned = self._old.rows[known]
        if known in self._old.damaged:
            return None
        if scanned.digest is None and self._statuses[row, 1]:
            return None  # it could not be opened then; perhaps it can now
        if self._new is not None and scanned.problem is None:
            self.pictures[row] = self._old.pictures[known]
        return scanned, self._old.thumbnails[known] if self._old.comparable[known] else None

    def keep(self, dataset: PictureFiles, scan: Scan, on_event: Listener) -> None:
        """Write the entry, if anything is new, in a thread that the process waits for when it ends."""
        if self._new is None:
            return
        self._old, self._rows = None, {}  # else its file would count as in use
        safe = _safe_statuses(dataset, self._statuses, self._began)
        thread = threading.Thread(target=self._publish, args=(scan, safe, on_event))
        _writers.append(thread)
        thread.start()

    def _publish(self, scan: Scan, statuses: Statuses, on_event: Listener) -> None:
        assert self._new is not None
        try:
            self._new.publish(self._place.of, scan, statuses)
        except OSError as error:
            on_event(Warned(f"{_words(error)}; the next start reads the pictures again"))
            self._new.abandon()
        finally:
            self._unlock()

    def abandon(self) -> None:
        """Leave no trace: the work was stopped."""
        if self._new is not None:
            self._new.abandon()
        self._unlock()

    def _unlock(self) -> None:
        if self._lock is not None:
            unlock(self._lock)
            self._lock = None


def open_cache(dataset: PictureFiles, spec: Preprocessing, on_event: Listener) -> CachedPictures | None:
    """The cache of a data set at a preprocessing; None where none can be had, which is said.

    Args:
        dataset: whose files are asked for their status, and not opened.
        spec: its size, channels and fit count.
        on_event: is told when the disk is full or another process is waited for.

    Raises:
        StriateError: `STRIATE_CACHE_BYTES` is no number.
    """
    limit = limit_bytes(pictures_folder())
    if limit == 0 or not dataset.items:
        return None
    place = _place(dataset, spec)
    statuses = np.array([dataset.status(row) for row in range(len(dataset.items))], dtype=np.int64)
    if (old := _complete(place, statuses)) is not None:
        return CachedPictures(place, statuses, old, None, None)
    needed = raw_bytes(place.shape)
    if needed > limit:
        on_event(
            Note(
                f"the pictures need {needed / 1e9:.1f} GB; the cache may take {limit / 1e9:.1f} GB: every "
                f"start reads them again; {LIMIT} says how much it may"
            )
        )
        return None
    try:
        return _with_room(place, statuses, limit, on_event)
    except OSError as error:
        on_event(Warned(f"{_words(error)}; going on without it"))
        return None


def _with_room(place: _Place, statuses: Statuses, limit: int, on_event: Listener) -> CachedPictures:
    place.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _refuse_strangers(place.folder)
    try:
        lock = lock_file(place.folder / LOCK)
    except LockBusy:
        on_event(Note("another process reads these pictures; waiting for it"))
        lock = lock_file(place.folder / LOCK, wait_seconds=PATIENCE)
    try:
        if (old := _complete(place, statuses)) is not None:
            unlock(lock)
            return CachedPictures(place, statuses, old, None, None)
        old = read_entry(place.folder, place.of, place.shape[1:])
        if old is not None and old.damaged:
            many = counted(len(old.damaged), "picture")
            on_event(Warned(f"the picture cache is damaged: {many} in it will be read again"))
        if old is None:
            remove_raw_files(place.folder)  # what a killed process left
        make_room(place.folder, raw_bytes(place.shape), limit)
        return CachedPictures(place, statuses, old, NewEntry(place.folder, place.shape), lock)
    except BaseException:
        with contextlib.suppress(OSError):
            unlock(lock)
        raise


def _place(dataset: PictureFiles, spec: Preprocessing) -> _Place:
    """What decides a fitted picture's bits, besides its file, decides where it is kept."""
    of = {
        "format": FORMAT,
        "data": os.fsencode(dataset.path.resolve()).decode(errors="backslashreplace"),
        "size_hw": list(spec.size_hw),
        "channels": spec.channels,
        "fit": spec.fit,
        "limits": [dataset.limits.bytes, dataset.limits.pixels, dataset.limits.white],
        "made_by": [
            importlib.metadata.version("striate"),
            torch.__version__,
            importlib.metadata.version("torchvision"),
            PIL.__version__,
            torch.backends.cpu.get_cpu_capability(),
        ],
    }
    name = hashlib.blake2b(json.dumps(of, sort_keys=True).encode(), digest_size=12).hexdigest()
    return _Place(pictures_folder() / name, of, (len(dataset.items), spec.channels, *spec.size_hw))


def _complete(place: _Place, statuses: Statuses) -> Entry | None:
    """The entry if it is of exactly these files, none of them changed."""
    old = read_entry(place.folder, place.of, place.shape[1:])
    whole = old is not None and not old.damaged and np.array_equal(old.statuses, statuses)
    return old if whole else None


def _matching(statuses: Statuses, old: Entry | None) -> dict[int, int]:
    """For every row that is as it was its row in the old entry."""
    if old is None:
        return {}
    if np.array_equal(old.statuses, statuses):
        return {row: row for row in range(len(statuses))}
    known = {tuple(status): row for row, status in enumerate(old.statuses.tolist())}
    found = ((row, known.get(tuple(status))) for row, status in enumerate(statuses.tolist()))
    return {row: at for row, at in found if at is not None}


def _safe_statuses(dataset: PictureFiles, before: Statuses, began: int) -> Statuses:
    """The statuses, without those of files that changed while they were read or just before."""
    safe = before.copy()
    for row, status in enumerate(before.tolist()):
        changed = status[2] if os.name == "nt" else status[3]  # there st_ctime is the time of creation
        if list(dataset.status(row)) != status or changed > began - TOO_FRESH:
            safe[row, 1] = -1
    return safe


def _present(pictures: Tensor | None) -> Tensor:
    assert pictures is not None
    return pictures


def _refuse_strangers(folder: Path) -> None:
    if hasattr(os, "getuid") and folder.stat().st_uid != os.getuid():
        raise PermissionError(None, "the folder belongs to another user", str(folder))


def _words(error: OSError) -> str:
    return f"the picture cache in {pictures_folder()} cannot be written: {error.strerror or error}"
