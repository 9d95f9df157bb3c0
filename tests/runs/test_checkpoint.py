"""A tree comes back exactly, its bytes do not change, and a bad file is one clear line."""

import os
import pickle

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from striate.errors import StriateError
from striate.runs.checkpoint import read_tree, same_tree, write_tree

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
tensors = st.sampled_from(
    [torch.float32, torch.float64, torch.bfloat16, torch.int64, torch.uint8, torch.bool]
).map(lambda kind: torch.arange(6).reshape(2, 3).to(kind))
trees = st.recursive(
    scalars | tensors,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(
            st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), max_size=5) | st.integers(),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)


@given(trees)
def test_any_tree_comes_back_exactly(tmp_path_factory, tree):
    path = tmp_path_factory.mktemp("tree") / "c.safetensors"
    write_tree(path, tree)
    assert same_tree(read_tree(path), tree)


def test_the_same_tree_has_the_same_bytes(tmp_path):
    tree = {f"tensor {i}": torch.full((3,), i) for i in range(20)} | {"a": 1, "b": (2.5, None)}
    for name in ("first", "second"):
        write_tree(tmp_path / name, tree)
    assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes()


def test_a_path_that_is_no_utf8_is_read(tmp_path):
    folder = tmp_path / os.fsdecode(b"un\xe9")
    folder.mkdir()
    write_tree(folder / "c", {"a": torch.arange(3)})
    assert same_tree(read_tree(folder / "c"), {"a": torch.arange(3)})
    with pytest.raises(StriateError, match="is missing"):
        read_tree(folder / "d")


def test_tensors_in_another_layout_and_shared_ones_are_stored(tmp_path):
    image = torch.arange(24.0).reshape(1, 2, 3, 4).to(memory_format=torch.channels_last)
    write_tree(tmp_path / "c", {"one": image, "two": image, "part": image[:, 1]})
    read = read_tree(tmp_path / "c")
    assert all(torch.equal(a, b) for a, b in zip(read.values(), (image, image, image[:, 1]), strict=True))


def test_what_it_cannot_hold_is_named(tmp_path):
    with pytest.raises(TypeError, match=r"set at 'a\.0'"):
        write_tree(tmp_path / "c", {"a": [{1, 2}]})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "content", [b"", b"x" * 100, pickle.dumps({"a": 1}), (2**60).to_bytes(8, "little") + b"{}"]
)
def test_a_file_that_is_none_is_one_clear_line(tmp_path, content):
    (tmp_path / "c").write_bytes(content)
    with pytest.raises(StriateError, match="is damaged or not a file of Striate's"):
        read_tree(tmp_path / "c")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(StriateError, match="is missing"):
        read_tree(tmp_path / "c")


def test_trees_that_differ_in_one_bit_are_not_the_same():
    assert not same_tree({"a": torch.tensor([1.0])}, {"a": torch.tensor([1.0000001])})
    assert not same_tree([1], [1.0])
    assert not same_tree({"a": 1}, {"b": 1})
