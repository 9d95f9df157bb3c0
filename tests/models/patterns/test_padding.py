"""Stride and padding by their long names, and what is padded although nobody wrote it."""

import pytest
import torch
from torch import nn

import striate
from striate.errors import StriateError
from striate.models.patterns.pattern_shapes import padding_note, plan_pattern


def first(text):
    return striate.create_model(f"INPUT 15x15x3 -> {text} -> FC2").layers[0]


@pytest.mark.parametrize(
    ("long", "short"),
    [
        ("CONV5-4 PAD0", "CONV5-4 p0"),
        ("CONV5-4 valid", "CONV5-4 p0"),
        ("CONV5-4 SAME", "CONV5-4"),
        ("CONV5-4 SAME", "CONV5-4 p2"),
        ("CONV5-4 STRIDE2 PADDING1", "CONV5-4 s2 p1"),
        ("CONV3-6 DILATION2 GROUPS3 SAME", "CONV3-6 d2 g3"),
        ("POOL3 STRIDE2 VALID", "POOL3 s2"),
        ("POOL3 s2 same", "POOL3 s2 p1"),
    ],
)
def test_long_names_are_the_short_ones(long, short):
    assert repr(first(long)) == repr(first(short))


def test_same_keeps_the_size_as_torch_computes_it():
    picture = torch.zeros(1, 3, 15, 15)
    for text in ("CONV3-4 SAME", "CONV5-4 d2 same", "POOL3 s1 SAME"):
        assert first(text)(picture).shape[2:] == (15, 15)
    conv = first("CONV7-4 VALID")
    assert isinstance(conv, nn.Conv2d) and conv(picture).shape[2:] == (9, 9)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("CONV4-8 SAME", "an even kernel cannot keep the size; add a padding, such as p0 or VALID"),
        ("POOL2 SAME", "only a square POOL of odd sides can be SAME"),
        ("CONV3-8 p1 VALID", "the padding of this CONV is written twice"),
        ("CONV3-8 SAME2", "SAME takes no number"),
        ("RELU VALID", "RELU has no padding"),
        ("POOL2 GROUPS2", "POOL has no groups"),
        ("CONV3-8 PAD", "expected padding as a number, such as pad2"),
    ],
)
def test_what_is_wrong_is_pointed_at(text, message):
    with pytest.raises(StriateError, match="the pattern is wrong at character") as caught:
        first(text)
    assert message in str(caught.value)


def test_what_is_padded_unsaid_is_said():
    text = "INPUT 9x9x1 -> CONV3-2 -> CONV3-2 SAME -> CONV1-2 -> CONV3-2 p1 -> [CONV5-2]*3 -> POOL2 -> FC2"
    note = padding_note(plan_pattern(text))
    assert note == "no padding is written, so conv1, conv5 and 2 more keep the size; p0 or VALID pads nothing"
    anatomy = striate.inspect(text)
    assert note in anatomy.notes and anatomy.training is not None
    assert (
        striate.inspect(text.replace("CONV3-2 ->", "CONV3-2 SAME ->").replace("CONV5-2", "CONV5-2 p2")).notes
        == ()
    )


def test_train_says_what_is_padded(digits, tmp_path):
    told = []
    pattern = "INPUT 28x28x1 -> CONV3-4 s2 -> RELU -> GAP -> FC"
    striate.train(digits, model=pattern, epochs=1, out=tmp_path, on_event=told.append)
    assert any("so conv1 keeps the size" in getattr(one, "text", str(one)) for one in told)
