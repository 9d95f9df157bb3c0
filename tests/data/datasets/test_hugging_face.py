"""Hugging Face data sets on disk: as its own library writes them, and damaged."""

import io
import json
import os
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from striate.data.datasets.recognise import open_dataset
from striate.errors import StriateError

pa = pytest.importorskip("pyarrow")


def png(value: int) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(np.full((3, 4, 3), value, np.uint8)).save(stream, "PNG")
    return stream.getvalue()


def save(folder: Path, cells: list[bytes], labels: list[int], split: str | None) -> Path:
    """What `save_to_disk` writes, by hand."""
    folder.mkdir(parents=True, exist_ok=True)
    table = pa.table({"image": [{"bytes": cell, "path": None} for cell in cells], "label": labels})
    with (
        pa.OSFile(str(folder / "data-00000-of-00001.arrow"), "wb") as file,
        pa.ipc.new_stream(file, table.schema) as writer,
    ):
        writer.write_table(table, max_chunksize=2)
    state = {"_data_files": [{"filename": "data-00000-of-00001.arrow"}], "_split": split}
    (folder / "state.json").write_text(json.dumps(state))
    features = {"image": {"_type": "Image"}, "label": {"names": ["cat", "dog"], "_type": "ClassLabel"}}
    (folder / "dataset_info.json").write_text(json.dumps({"features": features}))
    return folder


def test_a_saved_part_is_read_without_the_library(tmp_path: Path):
    cells = [png(value) for value in (1, 2, 3)]
    dataset = open_dataset(save(tmp_path / "d", cells, [0, 1, 0], "train"))
    assert dataset.layout == "Hugging Face data set, saved to disk, split into train"
    assert dataset.classes == ("cat", "dog")
    assert [item.name for item in dataset.items] == ["train#0", "train#1", "train#2"]
    assert [int(dataset.read(row)[0].max()) for row in range(3)] == [1, 2, 3]
    assert [dataset.content(row) for row in range(3)] == cells


def test_several_parts_are_split_by_their_author_and_others_are_told(tmp_path: Path):
    for split, values in (("train", (1, 2)), ("validation", (3,)), ("extra", (4,))):
        save(tmp_path / split, [png(v) for v in values], [v % 2 for v in values], split)
    (tmp_path / "dataset_dict.json").write_text(json.dumps({"splits": ["train", "validation", "extra"]}))
    dataset = open_dataset(tmp_path)
    assert [(i.name, i.part) for i in dataset.items] == [
        ("train#0", "train"),
        ("train#1", "train"),
        ("validation#0", "validation"),
    ]
    assert "parts that are none of train, validation and test, left out: extra" in dataset.notes


@pytest.mark.parametrize(
    ("file", "content", "words"),
    [
        ("state.json", "{", "is damaged: it is not JSON"),
        ("state.json", "[1]", "no table of names"),
        ("state.json", "{}", "'_data_files' is no list of file names"),
        ("state.json", '{"_data_files": [{"filename": "../x.arrow"}]}', "'_data_files' is no list"),
        ("state.json", '{"_data_files": [{"filename": "none.arrow"}]}', "none.arrow cannot be read as Arrow"),
        ("dataset_dict.json", '{"splits": ["../../x"]}', "'splits' is"),
        ("dataset_dict.json", '{"splits": ["train", "training"]}', "two parts for train: train, training"),
        ("dataset_dict.json", '{"splits": ["train"]}', "train/state.json is missing"),
        ("data-00000-of-00001.arrow", "garbage", "cannot be read as Arrow"),
    ],
)
def test_damaged_folders_are_one_clear_line(tmp_path: Path, file: str, content: str, words: str):
    folder = save(tmp_path / "d", [png(1), png(2)], [0, 1], None)
    (folder / file).write_text(content)
    with pytest.raises(StriateError, match=words) as caught:
        open_dataset(folder)
    assert "\n" not in str(caught.value)


def test_damaged_offsets_are_never_followed(tmp_path: Path):
    folder = save(tmp_path / "d", [png(1), png(2)], [0, 1], None)
    file = folder / "data-00000-of-00001.arrow"
    whole = file.read_bytes()
    clean = 0
    for at in range(0, len(whole), 7):
        content = bytearray(whole)
        content[at] ^= 0x55
        file.write_bytes(content)
        try:
            dataset = open_dataset(folder)
            for row in range(len(dataset.items)):
                dataset.content(row)
            clean += 1
        except StriateError:  # BadPicture among them
            continue
    assert clean  # some bytes are padding or pixels


def test_an_offset_that_points_far_outside_is_refused(tmp_path: Path):
    cell = png(1)
    folder = save(tmp_path / "d", [cell, cell], [0, 1], None)
    file = folder / "data-00000-of-00001.arrow"
    offsets = struct.pack("<3i", 0, len(cell), 2 * len(cell))
    damaged = struct.pack("<3i", 0, 2**30, 2 * len(cell))
    assert file.read_bytes().count(offsets) == 1
    file.write_bytes(file.read_bytes().replace(offsets, damaged))
    with pytest.raises(StriateError, match="cannot be read as Arrow"):
        open_dataset(folder)


@pytest.fixture
def hugging_face(monkeypatch) -> Any:
    for name in ("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE", "HF_HUB_DISABLE_TELEMETRY"):
        monkeypatch.setitem(os.environ, name, "1")
    return pytest.importorskip("datasets")


def from_library(library: Any, count: int = 9) -> Any:
    features = library.Features(
        {"image": library.Image(), "label": library.ClassLabel(names=["cat", "dog", "emu"])}
    )
    columns = {
        "image": [{"bytes": png(10 * at), "path": None} for at in range(count)],
        "label": [at % 3 for at in range(count)],
    }
    return library.Dataset.from_dict(columns, features=features)


@pytest.mark.parity
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("layout", ["saved", "saved parts", "hub", "hub data folder", "one file"])
def test_what_the_library_writes_is_read_as_it_reads_it(hugging_face: Any, tmp_path: Path, layout: str):
    hugging_face.disable_progress_bars()
    whole = from_library(hugging_face)
    parts = {"train": whole.select(range(6)), "test": whole.select(range(6, 9))}
    path = tmp_path / "d"
    if layout == "saved":
        whole.save_to_disk(path, num_shards=3)
    elif layout == "saved parts":
        hugging_face.DatasetDict(parts).save_to_disk(path)
    elif layout == "one file":
        path = tmp_path / "d.parquet"
        whole.to_parquet(path)
    else:
        folder = path / "data" if layout == "hub data folder" else path
        folder.mkdir(parents=True)
        for name, part in parts.items():
            part.to_parquet(folder / f"{name}-00000-of-00001.parquet")
        (path / "README.md").write_text("a card")
    ours = open_dataset(path)
    assert len(ours.items) == len(whole)
    names = whole.features["label"].names
    for row, item in enumerate(ours.items):
        theirs = whole[row]
        assert ours.classes[item.truth.label] == names[theirs["label"]]
        assert ours.read(row)[0].permute(1, 2, 0).tolist() == np.array(theirs["image"]).tolist()
        split = None if layout in ("saved", "one file") else ("train" if row < 6 else "test")
        assert item.part == split


def test_absolute_paths_without_bytes_are_told(tmp_path: Path):
    (tmp_path / "outside.png").write_bytes(png(7))
    folder = save(tmp_path / "d", [png(1), png(2)], [0, 1], "train")
    table = pa.table(
        {
            "image": [
                {"bytes": None, "path": str(tmp_path / "outside.png")},
                {"bytes": png(2), "path": "/x"},
            ],
            "label": [0, 1],
        }
    )
    with (
        pa.OSFile(str(folder / "data-00000-of-00001.arrow"), "wb") as file,
        pa.ipc.new_stream(file, table.schema) as writer,
    ):
        writer.write_table(table)
    dataset = open_dataset(folder)
    assert dataset.notes == ("absolute paths in the table: 1, read also outside its folder",)
    assert int(dataset.read(0)[0].max()) == 7
