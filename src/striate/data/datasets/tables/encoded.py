"""A data set whose encoded pictures are cells of tables: Parquet row groups, Arrow record batches.

Cells are loaded shelf by shelf when a picture of one is asked for, and the last shelves stay in memory.
"""

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from striate.data.dataset import BadPicture
from striate.data.datasets.labelled import Left, Row, class_notes, numbered, split_words
from striate.data.datasets.picture_files import content_below
from striate.data.decoding.decode import DEFAULT_LIMITS, Limits, decode_for
from striate.data.paths.files import reach_of
from striate.shapes import Picture

KEPT_BYTES = 2**28  # of loaded shelves together; one is always kept, whatever its size

_LOADING = threading.Lock()  # several threads ask; one loads


class Shelf:
    """Some cells that are loaded together. `folder` is where their relative paths start."""

    folder: Path

    def load(self) -> Sequence[Any]:
        """The cells: bytes, text, None, or a mapping of `bytes` and `path`. Raises BadPicture."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Place:
    """Where a picture is: the cell `at` of a shelf."""

    shelf: Shelf
    at: int


class EncodedDataset:
    """The `Dataset` of pictures in cells. `content` is the encoded picture, which `decode` understands."""

    limits: Limits = DEFAULT_LIMITS

    def __init__(
        self,
        path: Path,
        kind: str,
        rows: Sequence[Row],
        places: Sequence[Place],
        left: Left,
        declared: Iterable[str] = (),
        *,
        follow_links: bool = False,
    ) -> None:
        self.path = path
        self.classes, self.items = numbered(rows)
        self.layout = f"{kind}, {split_words(row.part for row in rows)}"
        self.ignored = 0
        self.notes = (*left.lines(), *class_notes(self.classes, self.items, declared))
        self._places, self._follow_links = tuple(places), follow_links
        self._loaded: dict[Shelf, tuple[Sequence[Any] | BadPicture, int]] = {}  # and their bytes

    def content(self, row: int) -> bytes:
        """The encoded picture of item `row`. Raises BadPicture."""
        place = self._places[row]
        cell: Any = self._cells(place.shelf)[place.at]
        path: Any = None
        if isinstance(cell, dict):
            cell, path = cell.get("bytes"), cell.get("path")
        if cell is None and isinstance(path, str) and path:
            reach = reach_of(place.shelf.folder, follow_links=self._follow_links)
            return content_below(place.shelf.folder, path, self.limits.bytes, reach)
        if not isinstance(cell, bytes):
            raise BadPicture("its cell is empty")
        if len(cell) > self.limits.bytes:
            raise BadPicture(f"it has {len(cell):,} bytes; at most {self.limits.bytes:,} are read")
        return cell

    def read(self, row: int) -> tuple[Picture, str | None]:
        """The decoded picture of item `row`, and what is wrong with it. Raises BadPicture."""
        return decode_for(self.content(row), None, self.limits)[:2]

    def _cells(self, shelf: Shelf) -> Sequence[Any]:
        with _LOADING:
            if shelf not in self._loaded:
                cells: Sequence[Any] | BadPicture
                try:
                    cells = shelf.load()
                except BadPicture as error:  # remembered: a damaged row group is not read a thousand times
                    cells = error
                self._loaded[shelf] = cells, bytes_of(cells) if isinstance(cells, list) else 0
                self._forget()
            found, _ = self._loaded[shelf]
        if isinstance(found, BadPicture):
            raise BadPicture(str(found))
        return found

    def _forget(self) -> None:
        """Let go of the oldest shelves until the others fit."""
        total = sum(size for _, size in self._loaded.values())
        for shelf in list(self._loaded)[:-1]:
            if total <= KEPT_BYTES:
                break
            total -= self._loaded.pop(shelf)[1]


def absolute_paths(cells: Iterable[Any]) -> int:
    """How many cells stand for a file outside the table by an absolute path, their bytes being elsewhere."""
    return sum(
        isinstance(cell, dict)
        and cell.get("bytes") is None
        and isinstance(path := cell.get("path"), str)
        and Path(path).is_absolute()
        for cell in cells
    )


def bytes_of(cells: list[Any]) -> int:
    """How many bytes the pictures in some cells have together."""
    pictures = (cell.get("bytes") if isinstance(cell, dict) else cell for cell in cells)
    return sum(len(picture) for picture in pictures if isinstance(picture, bytes))
