"""Parquet tables: with paths, with pictures inside, with surprises."""

import io
import json
import resource
import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from striate.data.dataset import BadPicture
from striate.data.datasets.recognise import open_dataset
from striate.data.datasets.tables import encoded
from striate.data.datasets.tables import parquet as reader
from striate.errors import StriateError

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")


def png(value: int) -> bytes:
    stream = io.BytesIO()
    Image.new("L", (4, 3), value).save(stream, "PNG")
    return stream.getvalue()


def write(path: Path, columns: dict[str, object], **options: object) -> Path:
    pq.write_table(pa.table(columns), path, **options)
    return path


def values(path: Path) -> list[tuple[str, str | None, int]]:
    dataset = open_dataset(path)
    return [
        (dataset.classes[item.truth.label or 0], item.part, int(dataset.read(row)[0].max()))
        for row, item in enumerate(dataset.items)
    ]


def test_a_table_of_paths_reads_as_a_csv_does(tmp_path: Path):
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "1.png").write_bytes(png(9))
    columns = {"split": ["train", "test", "val"], "label": ["a", "b", "b"], "w": [1, 2, 3]}
    path = write(tmp_path / "t.parquet", {**columns, "image": ["x/1.png", "none.png", "../x.png"]})
    dataset = open_dataset(path)
    assert dataset.layout == "Parquet table (t.parquet), split into train + validation + test"
    assert "columns that are not read: w" in dataset.notes
    assert [(i.name, i.part) for i in dataset.items] == [
        ("x/1.png", "train"),
        ("none.png", "test"),
        ("../x.png", "validation"),
    ]
    assert dataset.read(0)[0].max() == 9
    with pytest.raises(BadPicture, match="no such file"):
        dataset.read(1)
    with pytest.raises(BadPicture, match="leads outside"):
        dataset.read(2)


@pytest.mark.parametrize("form", ["bytes", "large", "struct", "dictionary"])
def test_pictures_inside_are_read_whatever_holds_them(tmp_path: Path, form: str):
    stored = [png(value) for value in (10, 20, 30, 10)]
    column: object = stored
    if form == "large":
        column = pa.array(stored, pa.large_binary())
    elif form == "struct":
        column = [{"bytes": one, "path": "1.png"} for one in stored]
    elif form == "dictionary":
        column = pa.array(stored).dictionary_encode()
    path = write(tmp_path / "t.parquet", {"image": column, "label": [1, 0, 10, 1]}, row_group_size=3)
    assert values(path) == [("1", None, 10), ("0", None, 20), ("10", None, 30), ("1", None, 10)]
    assert [item.name for item in open_dataset(path).items] == ["t#0", "t#1", "t#2", "t#3"]
    assert open_dataset(path).content(2) == stored[2]


def test_a_struct_with_a_path_alone_is_a_file_beside_the_table(tmp_path: Path):
    (tmp_path / "1.png").write_bytes(png(5))
    cells = [
        {"bytes": None, "path": "1.png"},
        {"bytes": None, "path": "/etc/../dev/zero"},
        {"bytes": None, "path": None},
    ]
    path = write(tmp_path / "t.parquet", {"image": cells, "label": ["a", "b", "b"]})
    dataset = open_dataset(path)
    assert dataset.read(0)[0].max() == 5
    for row, words in ((1, "a device"), (2, "its cell is empty")):
        with pytest.raises(BadPicture, match=words):
            dataset.read(row)


def test_class_names_of_hugging_face_are_read_from_the_schema(tmp_path: Path):
    features = {"k": {"_type": "ClassLabel", "names": ["cat", "dog", "emu"]}, "x": {"_type": "Image"}}
    described = json.dumps({"info": {"features": features}})
    columns = {"k": [1, 0, -1, 1], "x": [{"bytes": png(v), "path": None} for v in range(4)]}
    table = pa.table(columns).replace_schema_metadata({b"huggingface": described})
    pq.write_table(table, tmp_path / "t.parquet")
    dataset = open_dataset(tmp_path / "t.parquet")
    assert dataset.classes == ("cat", "dog")
    assert [(item.name, item.truth.label) for item in dataset.items] == [("t#0", 1), ("t#1", 0), ("t#3", 1)]
    assert dataset.read(2)[0].max() == 3
    assert dataset.notes == (
        "rows without an image or a label: 1, left out",
        "classes without pictures, left out: emu",
    )


WRONG = {
    "no label": ({"image": ["a"], "x": [1]}, "no column of labels: .*found image, x"),
    "no picture": ({"label": ["a"], "x": [1]}, "no column of pictures"),
    "numbers for pictures": ({"image": [1], "label": [1]}, "no column of pictures"),
    "lists for labels": ({"image": ["a"], "label": [[1]]}, "a label is a list"),
    "split": ({"image": ["a"], "label": ["a"], "split": ["trian"]}, "split 'trian' is unknown"),
    "nothing": (
        {"image": pa.array([], pa.string()), "label": pa.array([], pa.string())},
        "no picture with a label",
    ),
    "one class": ({"image": ["a", "b"], "label": [1, 1]}, "only one class with pictures, '1'"),
}


@pytest.mark.parametrize(("columns", "words"), WRONG.values(), ids=WRONG)
def test_a_wrong_table_is_one_clear_line(tmp_path: Path, columns: dict[str, object], words: str):
    path = write(tmp_path / "t.parquet", columns)
    with pytest.raises(StriateError, match=words) as caught:
        open_dataset(path)
    assert "t.parquet" in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"PAR1", b"x" * 3000, b"PAR1" + bytes(500) + b"PAR1"])
def test_what_is_no_parquet_is_one_clear_line(tmp_path: Path, content: bytes):
    (tmp_path / "t.parquet").write_bytes(content)
    with pytest.raises(StriateError, match="cannot be read as Parquet") as caught:
        open_dataset(tmp_path / "t.parquet")
    assert "\n" not in str(caught.value)


def test_a_damaged_row_group_is_bad_and_the_others_read(tmp_path: Path):
    noise = np.random.default_rng(0).integers(0, 256, (4, 3000), dtype=np.uint8)
    cells = [png(at) + noise[at].tobytes() for at in range(4)]
    columns = {"image": cells, "label": ["a", "b", "a", "b"]}
    path = write(tmp_path / "t.parquet", columns, row_group_size=2, compression="zstd", use_dictionary=False)
    start = pq.ParquetFile(path).metadata.row_group(1).column(0).data_page_offset
    content = bytearray(path.read_bytes())
    content[start : start + 60] = bytes(60)
    path.write_bytes(content)
    dataset = open_dataset(path)
    assert dataset.read(1)[0].max() == 1
    for row in (2, 3):
        with pytest.raises(BadPicture, match="its row group cannot be read"):
            dataset.content(row)


def test_row_groups_that_are_too_large_are_refused_before_they_are_read(tmp_path: Path, monkeypatch):
    cells = [png(at) + bytes(50_000) for at in range(8)]
    path = write(tmp_path / "t.parquet", {"image": cells, "label": list("abababab")}, use_dictionary=False)
    monkeypatch.setattr(reader, "LARGEST_GROUP", 300_000)
    with pytest.raises(BadPicture, match=r"row group 0 holds 40\d,\d{3} bytes, at most .*row_group_size"):
        open_dataset(path).content(0)
    smaller = write(tmp_path / "s.parquet", {"image": cells, "label": list("abababab")}, row_group_size=2)
    assert [value for _, _, value in values(smaller)] == list(range(8))


def test_a_dictionary_that_explodes_is_stopped(tmp_path: Path, monkeypatch):
    # A hundred kilobytes, named two thousand times: 200 MB when it is unfolded.
    column = pa.DictionaryArray.from_arrays(pa.array([0] * 2000), pa.array([bytes(100_000)]))
    path = write(tmp_path / "bomb.parquet", {"image": column, "label": ["a", "b"] * 1000})
    plain = pa.table({"image": column.cast(pa.binary()), "label": ["a", "b"] * 1000})
    pq.write_table(plain, tmp_path / "plain.parquet", dictionary_pagesize_limit=2**20)
    monkeypatch.setattr(reader, "LARGEST_GROUP", 2**23)
    monkeypatch.setattr(reader, "AT_ONCE", 2**22)
    for file in (path, tmp_path / "plain.parquet"):
        assert file.stat().st_size < 300_000
        dataset = open_dataset(file)
        tracemalloc.start()
        with pytest.raises(BadPicture, match="row group 0 holds"):
            dataset.content(0)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 2**25


def test_only_so_much_stays_in_memory(tmp_path: Path, monkeypatch):
    cells = [png(at) + bytes(10_000) for at in range(20)]
    path = write(tmp_path / "t.parquet", {"image": cells, "label": ["a", "b"] * 10}, row_group_size=2)
    monkeypatch.setattr(encoded, "KEPT_BYTES", 50_000)
    dataset = open_dataset(path)
    assert [dataset.content(row) for row in range(20)] == cells
    assert [dataset.content(row) for row in reversed(range(20))] == cells[::-1]
    assert sum(size for _, size in dataset._loaded.values()) <= 50_000 and dataset._loaded


def test_without_pyarrow_the_error_says_what_to_install(tmp_path: Path, monkeypatch):
    path = write(tmp_path / "t.parquet", {"image": ["a", "b"], "label": ["a", "b"]})
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(StriateError, match=r'not installed: pip install "striate\[parquet\]"'):
        open_dataset(path)


@pytest.mark.promise
def test_memory_stays_flat_over_a_large_file(tmp_path: Path):
    """A file of 600 MB in row groups of 6 MB is read with less than 600 MB more than a small one."""

    def peak(groups: int) -> int:
        path = tmp_path / f"{groups}.parquet"
        schema = pa.schema([("image", pa.binary()), ("label", pa.string())])
        with pq.ParquetWriter(path, schema, use_dictionary=False, compression="none") as writer:
            for number in range(groups):
                cells = [png(number % 256) + bytes(60_000)] * 100
                writer.write_table(pa.table({"image": cells, "label": ["a", "b"] * 50}, schema))
        code = (
            "import resource, sys; from striate.data.datasets.recognise import open_dataset\n"
            "d = open_dataset(sys.argv[1]); [d.content(row) for row in range(len(d.items))]\n"
            "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
        )
        out = subprocess.run(
            [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True
        )
        return int(out.stdout) * 1024

    assert resource.getpagesize() > 0
    assert peak(100) - peak(2) < 2 * encoded.KEPT_BYTES


def test_absolute_paths_in_structs_are_counted_as_those_in_text_are(tmp_path: Path):
    outside = tmp_path / "outside.png"
    outside.write_bytes(png(3))
    folder = tmp_path / "data"
    folder.mkdir()
    cells = [
        {"bytes": None, "path": str(outside)},
        {"bytes": png(5), "path": str(outside)},
        {"bytes": None, "path": "gone.png"},
    ]
    path = write(folder / "t.parquet", {"image": cells, "label": ["a", "b", "b"]}, row_group_size=2)
    dataset = open_dataset(path)
    assert "absolute paths in the table: 1, read also outside its folder" in dataset.notes
    assert [int(dataset.read(row)[0].max()) for row in range(2)] == [3, 5]
    inside = write(folder / "i.parquet", {"image": cells[1:2] * 2, "label": ["a", "b"]})
    assert open_dataset(inside).notes == ()
