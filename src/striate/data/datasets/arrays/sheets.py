"""Picture sheets: many small grey pictures of one class in one PNG, cell beside cell, with an `index.json`.

    index.json      format, title, cell_hw, columns, classes, sheets: [{file, part, label, count, sha256}]
    train-0.png     `count` cells of `cell_hw` pixels, `columns` a row, row by row, no gaps

The digits that come with Striate are stored in this way: twenty files instead of eight thousand, and a person
can look at a class at a glance. `train-3.png#17` is the 18th cell of a sheet.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import UInt8
from PIL import Image
from torch import Tensor

from striate.data.dataset import PARTS, BadPicture, Item, Part
from striate.data.sample import Truth
from striate.errors import StriateError
from striate.shapes import Picture

FORMAT = 1
LARGEST_INDEX = 16 * 2**20  # bytes
LARGEST_SHEET = 2**24  # pixels
LARGEST_COUNT = 2**20  # cells of all sheets together
LARGEST_SET = 2**28  # pixels of all sheets together, which stay in memory once they are read


@dataclass(frozen=True, slots=True)
class Sheet:
    """One PNG, as the index describes it. `sha256` is that of its cells' bytes, one cell after the other."""

    file: str
    part: Part
    label: int
    count: int
    sha256: str


class SheetDataset:
    """The `Dataset` of a folder of picture sheets. A sheet is decoded when its first cell is asked for."""

    def __init__(self, path: Path) -> None:
        """Read `path/index.json`; no sheet is opened.

        Raises:
            StriateError: the index is missing, damaged, too large or of a newer format.
        """
        index = _read_index(path)
        self.path = path
        self._cell_hw, self._columns = _read_cell(path, index)
        self.classes: tuple[str, ...] = _read_classes(path, index)
        self._sheets = _read_sheets(path, index, self.classes, self._cell_hw)
        self.layout = f"picture sheets ({index.get('title', path.name)})"
        self.items: tuple[Item, ...] = tuple(
            Item(f"{sheet.file}#{cell}", Truth(label=sheet.label), sheet.part)
            for sheet in self._sheets
            for cell in range(sheet.count)
        )
        self._places = tuple(
            (number, cell) for number, sheet in enumerate(self._sheets) for cell in range(sheet.count)
        )
        known = {"index.json", *(sheet.file for sheet in self._sheets)}
        self.ignored = sum(entry.name not in known for entry in path.iterdir() if entry.is_file())
        self.notes: tuple[str, ...] = ()
        self._decoded: dict[int, UInt8[Tensor, "N H W"]] = {}

    def content(self, row: int) -> bytes:
        """The raw pixels of cell `row`, row by row. Raises BadPicture."""
        return bytes(self._cell(row).numpy().tobytes())

    def read(self, row: int) -> tuple[Picture, str | None]:
        """Cell `row` as a grey picture, never damaged: a sheet is as the index says or raises BadPicture."""
        return self._cell(row).unsqueeze(0).clone(), None

    def _cell(self, row: int) -> UInt8[Tensor, "H W"]:
        number, cell = self._places[row]
        if number not in self._decoded:
            self._decoded[number] = self._decode(self._sheets[number])
        return self._decoded[number][cell]

    def _decode(self, sheet: Sheet) -> UInt8[Tensor, "N H W"]:
        height, width = self._cell_hw
        rows = -(-sheet.count // self._columns)
        pixels = _read_png(self.path / sheet.file, (rows * height, self._columns * width))
        cells = torch.from_numpy(pixels).view(rows, height, self._columns, width).transpose(1, 2)
        cells = cells.reshape(rows * self._columns, height, width)[: sheet.count].contiguous()
        if hashlib.sha256(cells.numpy().tobytes()).hexdigest() != sheet.sha256:
            raise BadPicture("its sheet's pixels are not those that index.json was made for")
        return cells


def embedded_mnist() -> SheetDataset:
    """6,000 training and 2,000 test digits of MNIST that come with Striate (CC BY-SA 3.0, see NOTICE.md)."""
    return SheetDataset(Path(__file__).resolve().parents[2] / "embedded" / "mnist")


def _read_png(file: Path, size_hw: tuple[int, int]) -> np.ndarray[Any, np.dtype[np.uint8]]:
    try:
        with Image.open(file, formats=("PNG",)) as picture:  # reads the header only
            if picture.mode != "L":
                raise BadPicture(f"its sheet is {picture.mode}, not 8-bit grey")
            if (picture.height, picture.width) != size_hw:
                raise BadPicture(
                    f"its sheet has {picture.width} x {picture.height} pixels, "
                    f"index.json says {size_hw[1]} x {size_hw[0]}"
                )
            return np.array(picture, dtype=np.uint8)
    except FileNotFoundError as error:
        raise BadPicture("its sheet is missing") from error
    except (OSError, SyntaxError, ValueError) as error:  # Pillow's words for a broken PNG
        raise BadPicture(f"its sheet cannot be decoded ({error})") from error


def _read_index(path: Path) -> dict[str, Any]:
    file = path / "index.json"
    try:
        if file.stat().st_size > LARGEST_INDEX:
            raise StriateError(f"{file} is larger than {LARGEST_INDEX:,} bytes; no index of sheets is.")
        index = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise StriateError(
            f"{file} cannot be read ({error.strerror}); a folder of sheets has one."
        ) from error
    except (ValueError, RecursionError) as error:
        raise _damaged(path, f"not JSON: {error}") from error
    if not isinstance(index, dict) or not isinstance(index.get("format"), int):
        raise _damaged(path, "no 'format'")
    if index["format"] > FORMAT:
        raise StriateError(
            f"{file} has format {index['format']}, this Striate reads up to {FORMAT}; install a newer one."
        )
    return index


def _read_cell(path: Path, index: dict[str, Any]) -> tuple[tuple[int, int], int]:
    cell, columns = index.get("cell_hw"), index.get("columns", 0)
    if not isinstance(cell, list) or len(cell) != 2 or not all(_positive(size) for size in cell):
        raise _damaged(path, f"'cell_hw' is {cell!r}, expected two positive numbers, height and width")
    if not _positive(columns):
        raise _damaged(path, f"'columns' is {columns!r}, expected a positive number")
    return (cell[0], cell[1]), int(columns)


def _read_classes(path: Path, index: dict[str, Any]) -> tuple[str, ...]:
    classes = index.get("classes")
    if not isinstance(classes, list) or not classes or not all(isinstance(name, str) for name in classes):
        raise _damaged(path, f"'classes' is {classes!r}, expected a list of names")
    if len(set(classes)) < len(classes):
        raise _damaged(path, "'classes' has a name twice")
    return tuple(classes)


def _read_sheets(
    path: Path, index: dict[str, Any], classes: tuple[str, ...], cell_hw: tuple[int, int]
) -> tuple[Sheet, ...]:
    entries = index.get("sheets")
    if not isinstance(entries, list) or not entries:
        raise _damaged(path, "'sheets' is not a list with entries")
    sheets = tuple(_read_sheet(path, entry, classes) for entry in entries)
    if len({sheet.file for sheet in sheets}) < len(sheets):
        raise _damaged(path, "a sheet is listed twice")
    area, columns = cell_hw[0] * cell_hw[1], index["columns"]
    areas = [-(-sheet.count // columns) * columns * area for sheet in sheets]
    count = sum(sheet.count for sheet in sheets)
    if max(areas) > LARGEST_SHEET or sum(areas) > LARGEST_SET or count > LARGEST_COUNT:
        raise StriateError(
            f"the sheets of {path} are too large: at most {LARGEST_SHEET:,} pixels a sheet, {LARGEST_SET:,} "
            f"pixels and {LARGEST_COUNT:,} cells together; store larger sets as a folder of pictures a class."
        )
    return sheets


def _read_sheet(path: Path, entry: Any, classes: tuple[str, ...]) -> Sheet:
    if not isinstance(entry, dict):
        raise _damaged(path, f"a sheet is {entry!r}, expected an object")
    file, part, label = entry.get("file"), entry.get("part"), entry.get("label")
    # A name and nothing else: an index must not point outside its folder.
    if not isinstance(file, str) or not file.endswith(".png") or any(sign in file for sign in "/\\:\0"):
        raise _damaged(path, f"a sheet's 'file' is {file!r}, expected a name such as train-0.png")
    if part not in PARTS:
        raise _damaged(path, f"the part of {file} is {part!r}, expected {', '.join(PARTS)}")
    if label not in classes:
        raise _damaged(path, f"the label of {file} is {label!r}, which 'classes' does not have")
    if not _positive(entry.get("count")):
        raise _damaged(path, f"the count of {file} is {entry.get('count')!r}, expected a positive number")
    return Sheet(file, part, classes.index(label), entry["count"], str(entry.get("sha256")))


def _positive(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _damaged(path: Path, what: str) -> StriateError:
    return StriateError(f"{path / 'index.json'} is damaged: {what}. Fetch or make the folder again.")
