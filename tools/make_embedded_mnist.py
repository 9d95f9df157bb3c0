"""Make the embedded MNIST subset: the first digits of every class, as one PNG sheet a class and part.

    python tools/make_embedded_mnist.py IDX_FOLDER [OUT_FOLDER]

IDX_FOLDER holds MNIST's four files, gzipped or not. OUT_FOLDER is src/striate/data/embedded/mnist by default.
The rule: in file order, the first 600 training and the first 200 test digits of every class. Nothing is drawn
at random: two runs with the same Pillow write the same bytes, with any other Pillow the same pixels.
NOTICE.md beside the sheets is written by hand and left alone.
"""

import gzip
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

COLUMNS = 25
PARTS = (("train", "train", 600), ("test", "t10k", 200))  # our part, MNIST's file name, digits a class
OUT = Path(__file__).resolve().parent.parent / "src/striate/data/embedded/mnist"


def read_idx(folder: Path, name: str) -> NDArray[np.uint8]:
    """The array in one IDX file of unsigned bytes: magic 0 0 8 axes, big-endian sizes, then the values."""
    packed = folder / f"{name}.gz"
    content = gzip.decompress(packed.read_bytes()) if packed.is_file() else (folder / name).read_bytes()
    if content[:3] != b"\0\0\x08":
        raise SystemExit(f"{folder / name} is not an IDX file of unsigned bytes")
    axes = content[3]
    sizes = np.frombuffer(content, ">u4", count=axes, offset=4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * axes).reshape([int(size) for size in sizes])


def to_sheet(cells: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(count, 28, 28) cells as one picture, row by row; unused cells at the end are black."""
    count, height, width = cells.shape
    rows = -(-count // COLUMNS)
    grid = np.zeros((rows * COLUMNS, height, width), np.uint8)
    grid[:count] = cells
    return grid.reshape(rows, COLUMNS, height, width).swapaxes(1, 2).reshape(rows * height, COLUMNS * width)


def make(source: Path, out: Path) -> int:
    """Write the sheets and index.json; returns the bytes written."""
    out.mkdir(parents=True, exist_ok=True)
    written = 0
    sheets: list[dict[str, Any]] = []
    for part, origin, wanted in PARTS:
        pictures = read_idx(source, f"{origin}-images-idx3-ubyte")
        labels = read_idx(source, f"{origin}-labels-idx1-ubyte")
        for digit in range(10):
            rows = np.flatnonzero(labels == digit)[:wanted]
            file = out / f"{part}-{digit}.png"
            Image.fromarray(to_sheet(pictures[rows])).save(file, "PNG", optimize=True)
            written += file.stat().st_size
            sheets.append(
                {
                    "file": file.name,
                    "part": part,
                    "label": str(digit),
                    "count": len(rows),
                    "sha256": hashlib.sha256(pictures[rows].tobytes()).hexdigest(),
                    "source": f"{origin}-images-idx3-ubyte",
                    "source_rows": rows.tolist(),
                }
            )
    index = {
        "format": 1,
        "title": "embedded MNIST subset",
        "about": "Cells lie row by row. `source_rows` are the pictures' positions in `source`, from 0; "
        "`sha256` is that of the sheet's cells as raw bytes, one after the other.",
        "cell_hw": [28, 28],
        "columns": COLUMNS,
        "classes": [str(digit) for digit in range(10)],
        "sheets": sheets,
    }
    # One line a sheet: a person can read it, and a change of one sheet is a change of one line.
    lines = ",\n".join("  " + json.dumps(sheet) for sheet in sheets)
    head = json.dumps({**index, "sheets": []}, indent=1)
    text = head.replace('"sheets": []', f'"sheets": [\n{lines}\n ]') + "\n"
    if json.loads(text) != index:
        raise SystemExit("index.json would not say what was made; nothing was written for it")
    (out / "index.json").write_text(text, encoding="utf-8")
    return written + len(text)


def main(arguments: list[str]) -> None:
    """Read the two folders from the command line."""
    if len(arguments) not in (1, 2):
        raise SystemExit("usage: python tools/make_embedded_mnist.py IDX_FOLDER [OUT_FOLDER]")
    out = Path(arguments[1]) if len(arguments) == 2 else OUT
    sys.stdout.write(f"{make(Path(arguments[0]), out):,} bytes in {out}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
