"""Splits: the laws that every split keeps, on data that hypothesis makes up."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from striate.data.dataset import Item, Part
from striate.data.datasets.recognise import open_dataset
from striate.data.sample import Truth
from striate.data.scan import scan
from striate.data.splits import Split, numbered, read_split_file, split
from striate.errors import StriateError


def items_of(labels: list[int], parts: list[Part | None] | None = None) -> list[Item]:
    parts = parts or [None] * len(labels)
    return [
        Item(f"{label}/{row}.jpg", Truth(label=label), part)
        for row, (label, part) in enumerate(zip(labels, parts, strict=True))
    ]


def divide(items: list[Item], groups: list[int] | None = None, seed: int = 0) -> Split:
    labels = {item.truth.label for item in items}
    own = list(range(len(items)))
    strata = numbered([item.truth.label for item in items])
    classes = [str(k) for k in range(1 + max(k or 0 for k in labels))]
    return split(items, groups or own, strata, classes=classes, seed=seed)


grouped_items = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 12)), min_size=1, max_size=80)


@given(grouped_items, st.integers(0, 2**31))
def test_every_row_is_in_exactly_one_part_and_a_group_in_one(rows: list[tuple[int, int]], seed: int):
    labels, groups = [label for label, _ in rows], [group for _, group in rows]
    result = divide(items_of(labels), groups, seed)
    assert sorted(result.train + result.validation + result.test) == list(range(len(rows)))
    sides = [{groups[row] for row in part} for part in (result.train, result.validation, result.test)]
    assert sum(map(len, sides)) == len(set(groups))
    assert result == divide(items_of(labels), groups, seed)


@given(grouped_items, st.integers(0, 100))
def test_a_class_with_three_groups_is_in_every_part_and_a_smaller_one_in_training(
    rows: list[tuple[int, int]], seed: int
):
    rows = [(label, group * 4 + label) for label, group in rows]  # groups of one label
    labels, groups = [label for label, _ in rows], [group for _, group in rows]
    result = divide(items_of(labels), groups, seed)
    for label in set(labels):
        parts = [
            any(labels[row] == label for row in part)
            for part in (result.train, result.validation, result.test)
        ]
        enough = len({group for k, group in rows if k == label}) >= 3
        assert parts == [True, enough, enough]
        assert enough or any(str(label) in note for note in result.notes)


@given(st.lists(st.integers(3, 60), min_size=1, max_size=4), st.integers(0, 100))
def test_every_class_is_divided_seventy_fifteen_fifteen_within_one_picture(sizes: list[int], seed: int):
    labels = [label for label, size in enumerate(sizes) for _ in range(size)]
    result = divide(items_of(labels), seed=seed)
    for label, size in enumerate(sizes):
        count = [
            sum(labels[row] == label for row in part)
            for part in (result.train, result.validation, result.test)
        ]
        assert abs(count[0] - 0.7 * size) <= 1.3
        assert abs(count[1] - 0.15 * size) <= 1
        assert abs(count[2] - 0.15 * size) <= 1


def test_ten_pictures_become_seven_one_and_two():
    result = divide(items_of([0] * 10 + [1] * 10))
    assert (len(result.train), len(result.validation), len(result.test)) == (14, 3, 3)


@given(st.permutations(range(30)), st.integers(0, 9))
def test_the_order_of_the_files_does_not_matter(order: list[int], seed: int):
    items = items_of([row % 3 for row in range(30)])
    shuffled = [items[row] for row in order]
    first, second = divide(items, seed=seed), divide(shuffled, seed=seed)
    assert {items[row].name for row in first.test} == {shuffled[row].name for row in second.test}
    assert {items[row].name for row in first.validation} == {shuffled[row].name for row in second.validation}


def test_another_seed_is_another_split_and_a_new_file_moves_few():
    items = items_of([0] * 200)
    first = divide(items)
    assert first.test != divide(items, seed=1).test
    grown = divide([*items, Item("0/new.jpg", Truth(label=0))])
    assert len(set(first.test) ^ set(grown.test)) <= 3
    assert len(set(first.validation) ^ set(grown.validation)) <= 6


def test_given_parts_stay_as_given():
    parts: list[Part | None] = ["train", "validation", "test", "train"]
    result = divide(items_of([0, 0, 0, 1], parts))
    assert (result.train, result.validation, result.test, result.notes) == ((0, 3), (1,), (2,), ())


def test_a_test_part_without_validation_takes_validation_from_training():
    parts: list[Part | None] = ["train"] * 40 + ["test"] * 10
    result = divide(items_of([0, 1] * 20 + [0] * 10, parts))
    assert result.test == tuple(range(40, 50))
    assert len(result.validation) == 6
    assert "no validation part" in result.notes[0]


def test_given_validation_without_test_becomes_the_test_part():
    parts: list[Part | None] = ["train"] * 40 + ["validation"] * 10
    result = divide(items_of([0, 1] * 20 + [0] * 10, parts))
    assert result.test == tuple(range(40, 50))
    assert len(result.validation) == 6
    assert set(result.validation) < set(range(40))
    assert "is the test part" in result.notes[0]


def test_training_alone_is_unsplit():
    labels = [0, 1] * 20
    result = divide(items_of(labels, ["train"] * 40))
    assert Counter(map(len, (result.train, result.validation, result.test))) == Counter([28, 6, 6])


def test_a_group_larger_than_the_test_part_stays_in_training():
    result = divide(items_of([0] * 100), [0] * 60 + list(range(1, 41)))
    assert set(range(60)) <= set(result.train)


def test_two_small_groups_and_a_large_one_are_one_for_each_part():
    result = divide(items_of([0] * 100), [0] * 98 + [1, 2])
    assert (result.train, sorted(result.validation + result.test)) == (tuple(range(98)), [98, 99])


def test_unreadable_rows_are_in_no_part():
    result = split(items_of([0] * 20), list(range(20)), [0] * 20, classes=["a"], seed=0, rows=range(10))
    assert sorted(result.train + result.validation + result.test) == list(range(10))


def test_no_training_pictures_is_an_error():
    with pytest.raises(StriateError, match="no training pictures"):
        divide(items_of([0, 1], ["test", "test"]))


def test_a_split_file_gives_every_name_its_part(tmp_path: Path):
    file = tmp_path / "split.csv"
    file.write_text('\ufeffsplit,image\nval,"a,1.jpg"\nTEST,"line\nbreak"\ntrain,c\n', encoding="utf-8")
    assert read_split_file(file, ["a,1.jpg", "line\nbreak", "c"]) == ("validation", "test", "train")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("image,part\na,train\n", "line 1: expected the columns image and split, found image, part"),
        ("", "found nothing"),
        ("image,split\na,train\nb,tset\n", "line 3: split 'tset' is unknown"),
        ("image,split\na,train\nbb,test\n", "line 3: the data set has no image 'bb'"),
        ("image,split\na,train\na,test\n", "line 3: 'a' is in the train part too"),
        ("image,split\na\n", "line 2: expected an image and a split"),
        ("image,split\na,train\n", "no line for 1 of 2 images, 'b'"),
    ],
)
def test_a_wrong_split_file_is_told_with_its_line(tmp_path: Path, text: str, words: str):
    (tmp_path / "split.csv").write_text(text)
    with pytest.raises(StriateError, match=words):
        read_split_file(tmp_path / "split.csv", ["a", "b"])


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b'image,split\n"a,train\n', None])
def test_a_split_file_that_is_no_csv_is_told(tmp_path: Path, content: bytes | None):
    if content is not None:
        (tmp_path / "split.csv").write_bytes(content)
    with pytest.raises(StriateError, match=r"split\.csv cannot be read"):
        read_split_file(tmp_path / "split.csv", ["a"])


def test_a_picture_and_its_copy_saved_again_are_never_on_two_sides(tmp_path: Path):
    """What people do to pictures: the same one as PNG and as JPEG of quality 60, under another name."""
    chance = np.random.default_rng(0)
    for number in range(20):
        folder = tmp_path / "ab"[number % 2]
        folder.mkdir(exist_ok=True)
        small = Image.fromarray(chance.integers(0, 256, (8, 8, 3), dtype=np.uint8))
        picture = small.resize((96, 80), Image.Resampling.BICUBIC)
        picture.save(folder / f"{number:02}.png")
        picture.save(folder / f"{number:02}-again.jpg", quality=60)
    dataset = open_dataset(tmp_path)
    groups = scan(dataset).groups()
    for seed in range(5):
        strata = numbered([item.truth.label for item in dataset.items])
        found = split(dataset.items, groups, strata, classes=dataset.classes, seed=seed)
        sides = [
            {Path(dataset.items[row].name).name[:2] for row in part}
            for part in (found.train, found.validation, found.test)
        ]
        assert all(sides)
        assert sum(map(len, sides)) == 20  # each picture's number on one side only


def test_what_is_spread_over_the_parts_need_not_be_a_class():
    items = [Item(f"{row}.jpg", Truth()) for row in range(60)]
    strata = numbered([("wide" if row % 3 else "tall", None) for row in range(60)])
    result = split(items, list(range(60)), strata, classes=[], seed=0)
    assert len(result.train) == 42 and result.notes == ("split 70/15/15: 42 train, 9 validation, 9 test",)
    for part in (result.train, result.validation, result.test):
        assert abs(sum(row % 3 == 0 for row in part) - len(part) / 3) <= 1


def test_strata_are_numbered_whatever_the_order_of_the_items():
    assert numbered([2, None, 0]) == [2, -1, 0]
    values = ["left", "right", ("a", 1), "left"]
    numbers = dict(zip(values, numbered(values), strict=True))
    assert dict(zip(values[::-1], numbered(values[::-1]), strict=True)) == numbers
    assert len(set(numbers.values())) == 3
