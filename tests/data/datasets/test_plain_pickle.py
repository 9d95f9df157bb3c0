"""The reader of plain pickles against Python's own, and against what must never run."""

import os
import pickle
import struct
import time
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from striate.data.datasets.arrays import plain_pickle
from striate.data.datasets.arrays.plain_pickle import RefusedPickle, read_plain

scalars = (
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.text(max_size=9) | st.binary(max_size=300)
)
plain = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=5) | st.integers(0, 9), inner, max_size=4)
        | st.tuples(inner, inner)
    ),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(value=plain, protocol=st.integers(0, 5))
def test_plain_values_come_back_as_python_wrote_them(value: object, protocol: int):
    assert read_plain(pickle.dumps(value, protocol)) == value


@pytest.mark.parametrize("protocol", [2, 3, 4])
@pytest.mark.parametrize("order", ["C", "F"])
def test_arrays_of_bytes_come_back(protocol: int, order: str):
    array = np.asarray(np.arange(60, dtype=np.uint8).reshape(5, 12), order=order)
    read = read_plain(pickle.dumps({"data": array, "labels": [1, 2]}, protocol))
    assert (read["data"] == array).all() and read["labels"] == [1, 2]


class Malicious:
    def __init__(self, function: object, *arguments: object) -> None:
        self.call = function, arguments

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize("protocol", [0, 2, 4])
@pytest.mark.parametrize(
    ("value", "name"),
    [
        (Malicious(os.system, "touch {}"), "posix.system"),
        (Malicious(eval, "1"), "eval"),
        (Malicious(getattr, "a", "b"), "getattr"),
        (np.arange(3, dtype=np.float64), "type f8"),
        (np.array([print], dtype=object), "type O8"),
        ({1, 2}, "set|ADDITEMS|EMPTY_SET|list"),
        (1.5, "FLOAT"),
        (range(3), "range"),
    ],
    ids=["system", "eval", "getattr", "floats", "objects", "set", "float", "range"],
)
def test_anything_else_is_refused_by_name_and_nothing_runs(tmp_path, monkeypatch, protocol, value, name):
    monkeypatch.chdir(tmp_path)
    if isinstance(value, Malicious) and value.call[0] is os.system:
        value = Malicious(os.system, f"touch {tmp_path / 'ran'}")
    with pytest.raises(RefusedPickle, match=name):
        read_plain(pickle.dumps({"data": value}, protocol))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        b"\x80\x02.",
        b"\x80\x02K\x01",  # no end
        b"\x80\x02}h\x05.",  # a memo that was never filled
        b"\x80\x02K\x01K\x02s.",  # an item into a number
        b"\x80\x02K\x01K\x02R.",  # a number is called
        b"\x80\x02K\x01K\x02b.",  # a number is filled
        b"\x80\x02c__builtin__\nbytes\nJ\xff\xff\xff\x7f\x85R.",  # would take two gigabytes
        b"\x80\x02cnumpy\nndarray\n(K\x01tR.",
        b"S'\\q'\n.",  # an escape that Python's texts do not have
        b"\x80\x02t.",  # a tuple without its mark
        b"T" + struct.pack("<i", 2**31 - 1) + b"x.",  # promises two gigabytes
        b"\x80\x02cnumpy.core.multiarray\n_reconstruct\n)R(K\x01(K\x7ftK\x00K\x00K\x00tb.",
    ],
)
def test_damaged_pickles_are_refused(content: bytes):
    with pytest.raises(RefusedPickle):
        read_plain(content)


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_flipped_bytes_never_crash(data: st.DataObject):
    content = bytearray(pickle.dumps({"data": np.zeros((2, 4), np.uint8), "labels": [1, 2]}, 2))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        assert read_plain(bytes(content)) is not NotImplemented
    except RefusedPickle as error:
        told = str(error)
        assert told


def doubled(times: int) -> bytes:
    """A tuple that holds a tuple twice, and so on, as the key of a dict: its hash takes 2^times steps."""
    return b"\x80\x02K\x01q\x00" + b"h\x00h\x00\x86q\x00" * times + b"}h\x00K\x01s."


@pytest.mark.timeout(60)
def test_a_key_whose_hash_would_take_forever_is_refused():
    assert len(pickle.loads(doubled(10))) == 1  # Python's own would hash it, in 2^10 steps
    with pytest.raises(RefusedPickle, match="neither a word nor a number"):
        read_plain(doubled(60))
    with pytest.raises(RefusedPickle, match="neither a word nor a number"):
        read_plain(doubled(60).replace(b"}h\x00K\x01s.", b"(h\x00K\x01d."))


@pytest.mark.timeout(60)
def test_a_memo_number_far_away_costs_no_memory():
    tracemalloc.start()
    assert read_plain(b"\x80\x02}r\x00\x00\x00\x7f.") == {}  # Python's own makes room for two billion
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10_000_000


@pytest.mark.timeout(120)
def test_marks_over_a_deep_stack_are_quick():
    """A mark's values are found from the end: 90,000 values below it are not walked 5,000 times."""
    content = b"\x80\x02" + b"N" * 90_000 + b"(K\x01l" * 5_000 + b"."
    start = time.process_time()
    assert read_plain(content) == [1]
    assert time.process_time() - start < 10  # a walk each took 5,000 times 3 ms


def test_size_and_depth_have_limits(monkeypatch):
    monkeypatch.setattr(plain_pickle, "LONGEST", 20)
    with pytest.raises(RefusedPickle, match="more than 20 instructions"):
        read_plain(b"]" + b"}a" * 20 + b".")
    monkeypatch.setattr(plain_pickle, "LONGEST", 10_000_000)
    monkeypatch.setattr(plain_pickle, "LARGEST", 1000)
    with pytest.raises(RefusedPickle, match="at most 1,000 are read"):
        read_plain(pickle.dumps(b"x" * 2000))
    monkeypatch.setattr(plain_pickle, "DEEPEST", 50)
    with pytest.raises(RefusedPickle, match="more than 50 values at once"):
        read_plain(b"(" * 60 + b".")
