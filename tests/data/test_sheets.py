"""The oracle of the digits is MNIST's own IDX files, parsed here with struct and gzip."""

import gzip
import hashlib
import json
import random
import struct
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from striate.data.dataset import BadPicture, Dataset
from striate.data.datasets.arrays.sheets import SheetDataset, embedded_mnist
from striate.errors import StriateError

ORIGINALS = Path(__file__).resolve().parents[3] / "shared" / "data" / "mnist"
EMBEDDED = Path(__file__).resolve().parents[2] / "src/striate/data/embedded/mnist"


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return embedded_mnist()


def idx(name: str) -> tuple[int, bytes]:
    """Number of entries and all values of one IDX file."""
    content = gzip.decompress((ORIGINALS / f"{name}.gz").read_bytes())
    axes = content[3]
    return struct.unpack(">I", content[4:8])[0], content[4 + 4 * axes :]


def test_the_digits_are_600_and_200_of_every_class(digits: Dataset) -> None:
    counts: dict[tuple[str | None, int | None], int] = {}
    for item in digits.items:
        counts[item.part, item.truth.label] = counts.get((item.part, item.truth.label), 0) + 1
    assert counts == {("train", k): 600 for k in range(10)} | {("test", k): 200 for k in range(10)}
    assert digits.classes == tuple("0123456789")
    assert digits.layout == "picture sheets (embedded MNIST subset)"
    assert digits.ignored == 1  # NOTICE.md


def test_names_say_sheet_and_cell_and_are_unique(digits: Dataset) -> None:
    assert digits.items[3 * 600 + 17].name == "train-3.png#17"
    assert len({item.name for item in digits.items}) == 8000


@pytest.mark.skipif(not ORIGINALS.is_dir(), reason=f"MNIST's own files are not in {ORIGINALS}")
def test_every_cell_is_the_original_picture_of_its_row_and_label(digits: Dataset) -> None:
    sheets = {sheet["file"]: sheet for sheet in json.loads((EMBEDDED / "index.json").read_text())["sheets"]}
    parts = {
        name: (idx(f"{name}-images-idx3-ubyte"), idx(f"{name}-labels-idx1-ubyte"))
        for name in ("train", "t10k")
    }
    for row, item in enumerate(digits.items):
        file, cell = item.name.split("#")
        origin = {"train": "train", "test": "t10k"}[str(item.part)]
        (_, pixels), (_, labels) = parts[origin]
        assert sheets[file]["source"] == f"{origin}-images-idx3-ubyte"
        source_row = sheets[file]["source_rows"][int(cell)]
        assert digits.content(row) == pixels[source_row * 784 : (source_row + 1) * 784]
        assert labels[source_row] == item.truth.label


@pytest.mark.skipif(not ORIGINALS.is_dir(), reason=f"MNIST's own files are not in {ORIGINALS}")
def test_the_rows_are_the_first_of_every_class() -> None:
    for sheet in json.loads((EMBEDDED / "index.json").read_text())["sheets"]:
        _, labels = idx(sheet["source"].replace("images-idx3", "labels-idx1"))
        first = [row for row, label in enumerate(labels) if str(label) == sheet["label"]][: sheet["count"]]
        assert sheet["source_rows"] == first


def test_no_test_digit_is_a_training_digit_and_none_comes_twice(digits: Dataset) -> None:
    pixels: dict[str, set[bytes]] = {"train": set(), "test": set()}
    for row, item in enumerate(digits.items):
        pixels[str(item.part)].add(digits.content(row))
    assert not pixels["train"] & pixels["test"]
    assert (len(pixels["train"]), len(pixels["test"])) == (6000, 2000)


def test_a_picture_has_the_pixels_of_its_content_and_is_the_readers_own(digits: Dataset) -> None:
    picture, damage = digits.read(4321)
    assert damage is None
    assert picture.shape == (1, 28, 28)
    assert bytes(picture.flatten().tolist()) == digits.content(4321)
    picture.zero_()
    assert any(digits.content(4321))


def test_the_embedded_folder_is_small_and_names_its_authors_and_licence() -> None:
    assert sum(file.stat().st_size for file in EMBEDDED.iterdir()) < 2_500_000
    notice = (EMBEDDED / "NOTICE.md").read_text(encoding="utf-8")
    for needed in (
        "Yann LeCun",
        "Corinna Cortes",
        "Christopher J.C. Burges",
        "creativecommons.org/licenses/by-sa/3.0",
    ):
        assert needed in notice


# A small folder by hand: 2 x 3 pixels a cell, 2 columns, 3 cells and one unused.

CELLS = [bytes([10, 11, 12, 13, 14, 15]), bytes([20, 21, 22, 23, 24, 25]), bytes([30, 31, 32, 33, 34, 35])]
SHEET = bytes(
    [
        *(10, 11, 12, 20, 21, 22),
        *(13, 14, 15, 23, 24, 25),
        *(30, 31, 32, 0, 0, 0),
        *(33, 34, 35, 0, 0, 0),
    ]
)


def small(folder: Path, sheet: dict[str, Any] | None = None, **changes: Any) -> Path:
    """Write the small folder, with `changes` to the index and to its only sheet."""
    Image.frombytes("L", (6, 4), SHEET).save(folder / "validation-cat.png")
    entry = {
        "file": "validation-cat.png",
        "part": "validation",
        "label": "cat",
        "count": 3,
        "sha256": hashlib.sha256(b"".join(CELLS)).hexdigest(),
        **(sheet or {}),
    }
    index = {"format": 1, "title": "pets", "cell_hw": [2, 3], "columns": 2, "classes": ["dog", "cat"]}
    (folder / "index.json").write_text(json.dumps({**index, "sheets": [entry], **changes}))
    return folder


def test_cells_that_are_not_square_come_back_row_by_row(tmp_path: Path) -> None:
    pets = SheetDataset(small(tmp_path))
    assert [pets.content(row) for row in range(3)] == CELLS
    assert pets.read(1)[0].tolist() == [[[20, 21, 22], [23, 24, 25]]]
    assert [(item.name, item.truth.label, item.part) for item in pets.items] == [
        (f"validation-cat.png#{cell}", 1, "validation") for cell in range(3)
    ]
    assert pets.layout == "picture sheets (pets)"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"format": 2}, "install a newer one"),
        ({"format": None}, "no 'format'"),
        ({"cell_hw": [0, 3]}, "cell_hw"),
        ({"cell_hw": 28}, "cell_hw"),
        ({"columns": True}, "columns"),
        ({"classes": []}, "classes"),
        ({"classes": ["cat", "cat"]}, "twice"),
        ({"sheets": {}}, "sheets"),
        ({"sheets": ["a.png"]}, "expected an object"),
        ({"columns": 10**9}, "too large"),
        ({"cell_hw": [1, 1], "sheet": {"count": 2**20 + 1}}, "too large"),
        ({"sheet": {"file": "../secret.png"}}, "expected a name"),
        ({"sheet": {"file": "a\0.png"}}, "expected a name"),
        ({"sheet": {"part": "extra"}}, "expected train, validation, test"),
        ({"sheet": {"part": ["train"]}}, "expected train, validation, test"),
        ({"sheet": {"label": "cow"}}, "'cow'"),
        ({"sheet": {"count": -1}}, "count"),
        ({"sheet": {"count": 10**12}}, "too large"),
    ],
)
def test_a_wrong_index_is_a_clear_error_when_it_is_opened(
    tmp_path: Path, changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(StriateError, match=words) as caught:
        SheetDataset(small(tmp_path, **changes))
    assert "\n" not in str(caught.value)
    assert tmp_path.name in str(caught.value)


@pytest.mark.parametrize("text", ["", "[1, 2", "[]", "\xff", "[" * 100_000])
def test_an_index_that_is_no_json_object_is_a_clear_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "index.json").write_text(text, encoding="latin-1")
    with pytest.raises(StriateError, match="is damaged"):
        SheetDataset(tmp_path)


def test_a_folder_without_an_index_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(StriateError, match=r"index\.json cannot be read"):
        SheetDataset(tmp_path)


def test_a_missing_sheet_is_named_when_it_is_read(tmp_path: Path) -> None:
    pets = SheetDataset(small(tmp_path))
    (tmp_path / "validation-cat.png").unlink()
    with pytest.raises(BadPicture, match="missing"):
        pets.read(0)


def test_a_sheet_of_another_size_or_kind_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    pets = SheetDataset(small(tmp_path))
    Image.new("L", (7, 4)).save(tmp_path / "validation-cat.png")
    with pytest.raises(BadPicture, match=r"7 x 4 pixels, index\.json says 6 x 4"):
        pets.read(0)
    Image.new("RGB", (6, 4)).save(tmp_path / "validation-cat.png")
    with pytest.raises(BadPicture, match="not 8-bit grey"):
        pets.content(0)


def test_a_sheet_with_one_other_pixel_is_refused(tmp_path: Path) -> None:
    pets = SheetDataset(small(tmp_path))
    Image.frombytes("L", (6, 4), bytes([9]) + SHEET[1:]).save(tmp_path / "validation-cat.png")
    with pytest.raises(BadPicture, match="not those"):
        pets.read(2)


def test_no_damage_to_a_sheets_bytes_gives_another_picture(tmp_path: Path) -> None:
    file = small(tmp_path) / "validation-cat.png"
    sound = file.read_bytes()
    draw = random.Random(0)
    refused = 0
    for _ in range(300):
        broken = bytearray(sound[: draw.choice([len(sound), draw.randrange(len(sound))])])
        if broken:
            broken[draw.randrange(len(broken))] ^= 1 << draw.randrange(8)
        file.write_bytes(broken)
        try:
            assert SheetDataset(tmp_path).content(1) == CELLS[1]
        except BadPicture:
            refused += 1
    assert refused > 150


def test_repaired_sheets_are_read_by_the_same_data_set(tmp_path: Path) -> None:
    pets = SheetDataset(small(tmp_path))
    file = tmp_path / "validation-cat.png"
    sound = file.read_bytes()
    file.write_bytes(sound[:40])
    with pytest.raises(BadPicture):
        pets.read(0)
    file.write_bytes(sound)
    assert pets.content(0) == CELLS[0]
