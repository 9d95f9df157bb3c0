"""Run-length masks against pycocotools."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from striate.data.rle import mask_of, runs_in, runs_of, text_of

coco = pytest.importorskip("pycocotools.mask", reason="pycocotools is a development dependency")
masks = arrays.arrays(bool, st.tuples(st.integers(1, 40), st.integers(1, 40)))


@settings(max_examples=80)
@given(masks)
def test_the_text_is_pycocotools_own(mask):
    theirs = coco.encode(np.asfortranarray(mask.astype(np.uint8)))
    assert text_of(runs_of(mask)) == theirs["counts"].decode()
    assert (mask_of(runs_in(theirs["counts"].decode()), mask.shape) == mask).all()


def test_long_runs_and_large_steps_back():
    mask = np.zeros((700, 900), bool)
    mask[3:650, 100:101], mask[0:1, 800:] = True, True
    theirs = coco.encode(np.asfortranarray(mask.astype(np.uint8)))
    assert text_of(runs_of(mask)) == theirs["counts"].decode()
    assert (mask_of(runs_in(theirs["counts"].decode()), (700, 900)) == mask).all()


@pytest.mark.parametrize("text", ["P", "\x00", "o" * 40, "0\u2028"])
def test_damaged_text_is_refused(text):
    with pytest.raises(ValueError, match="text of a mask"):
        runs_in(text)


@pytest.mark.parametrize("runs", [[1], [5, -1], [100]])
def test_runs_of_another_size_are_refused(runs):
    with pytest.raises(ValueError, match="its picture has 4"):
        mask_of(runs, (2, 2))
