"""A list that was written reads back as the same pictures, labels and parts."""

import csv
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from striate.data.datasets.arrays.sheets import embedded_mnist
from striate.data.datasets.recognise import open_dataset
from striate.data.splits import Split
from striate.data.writers.lists import write_list
from striate.errors import StriateError, WorkFailed


def make(folder: Path, *names: str | bytes) -> Path:
    for number, name in enumerate(names):
        path = folder / (os.fsdecode(name) if isinstance(name, bytes) else name)
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (2, 2), number).save(path, "PNG")
    return folder


ODD = (
    "cat/a,b.png",
    'cat/"q".png',
    "dog/new\nline.png",
    "dog/tab\tr\rs.png",
    b"dog/caf\xe9.png",
    "dog/ü.png",
)


@pytest.mark.parametrize("place", ["data/list.csv", "list.csv", "elsewhere/list.csv"])
def test_what_is_written_reads_back(tmp_path: Path, place: str):
    before = open_dataset(make(tmp_path / "data", *ODD))
    (tmp_path / "elsewhere").mkdir()
    count = write_list(tmp_path / place, before, range(len(before.items)))
    after = open_dataset(tmp_path / place)
    assert count == len(after.items) == len(before.items) == 6
    assert after.classes == before.classes
    for row in range(count):
        assert after.items[row].truth == before.items[row].truth
        assert after.content(row) == before.content(row)
    relative = place != "elsewhere/list.csv"
    assert any("absolute paths" in note for note in after.notes) != relative


def test_rows_and_parts_are_those_that_were_asked_for(tmp_path: Path):
    dataset = open_dataset(make(tmp_path, *(f"{label}/{at}.png" for label in "ab" for at in range(3))))
    split = Split(train=(0, 3), validation=(4,), test=(5,))
    assert write_list(tmp_path / "list.csv", dataset, [5, 4, 3, 1, 0], split) == 4
    with (tmp_path / "list.csv").open() as file:
        assert list(csv.reader(file)) == [
            ["image", "label", "split"],
            ["b/2.png", "b", "test"],
            ["b/1.png", "b", "validation"],
            ["b/0.png", "b", "train"],
            ["a/0.png", "a", "train"],
        ]


def test_given_parts_are_kept(tmp_path: Path):
    dataset = open_dataset(
        make(tmp_path, *(f"{part}/{label}/1.png" for part in ("train", "val") for label in "ab"))
    )
    write_list(tmp_path / "list.csv", dataset, range(4))
    assert [item.part for item in open_dataset(tmp_path / "list.csv").items] == [
        item.part for item in dataset.items
    ]


def test_pictures_without_files_cannot_be_listed(tmp_path: Path):
    with pytest.raises(StriateError, match=r"inside other files .*striate convert"):
        write_list(tmp_path / "list.csv", embedded_mnist(), range(3))
    assert not (tmp_path / "list.csv").exists()


def test_a_list_that_cannot_be_written_is_work_that_failed(tmp_path: Path):
    dataset = open_dataset(make(tmp_path / "d", "a/1.png", "b/1.png"))
    with pytest.raises(WorkFailed, match="could not be written"):
        write_list(tmp_path / "none" / "list.csv", dataset, range(2))


words = st.text(
    st.characters(blacklist_characters="/\0", blacklist_categories=("Cs",)), min_size=1, max_size=12
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=words.filter(lambda word: not word.startswith(".")))
def test_any_name_survives(tmp_path_factory: pytest.TempPathFactory, name: str):
    folder = tmp_path_factory.mktemp("any")
    try:
        make(folder / "data", f"a/{name}.png", "b/1.png")
    except OSError:
        return
    before = open_dataset(folder / "data")
    write_list(folder / "list.csv", before, range(2))
    after = open_dataset(folder / "list.csv")
    assert [after.content(row) for row in range(2)] == [before.content(row) for row in range(2)]
