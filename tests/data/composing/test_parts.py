"""What serves one part serves no other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from striate.data.composing.parts import assign, divided, shares_of
from striate.data.composing.parts import given as given_parts
from striate.data.dataset import PARTS
from striate.errors import StriateError

rows = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 12)), min_size=1, max_size=60)


@given(rows, st.integers(0, 5))
def test_groups_stay_together_and_every_row_is_used_once(drawn, seed):
    labels, groups = [label for label, _ in drawn], [group for _, group in drawn]
    found = assign([str(at) for at in range(len(drawn))], labels, groups, shares_of("70/15/15"), seed)
    used = [row for part in PARTS for row in found.rows[part]]
    assert sorted(used) == list(range(len(drawn)))
    parts_of_group: dict[int, set[str]] = {}
    for part in PARTS:
        for row in found.rows[part]:
            parts_of_group.setdefault(groups[row], set()).add(part)
    assert all(len(parts) == 1 for parts in parts_of_group.values())


def test_every_class_is_in_every_part_and_small_ones_are_named():
    labels = [0] * 20 + [1] * 3 + [2] * 2
    found = assign([str(at) for at in range(25)], labels, range(25), shares_of("70/15/15"), 0)
    for part in PARTS:
        assert {0, 1} <= {labels[row] for row in found.rows[part]}
    assert found.small == (2,) and {23, 24} <= set(found.rows["train"])
    assert [len(found.rows[part]) for part in PARTS] == [13 + 1 + 2, 4 + 1, 3 + 1]


def test_what_is_too_little_for_all_parts_is_in_the_first_that_is_wanted():
    for text, part in (("0/0/100", "test"), ("0/50/50", "validation"), ("50/0/50", "train")):
        found = assign(["a", "b"], [0, 1], [0, 1], shares_of(text), 0)
        assert {name: rows for name, rows in found.rows.items() if rows} == {part: (0, 1)}


@given(
    st.integers(0, 1000), st.sampled_from(["70/15/15", "1/1/1", "100/0/0", "80/0/20", "33/33/34", "0/0/100"])
)
def test_a_division_adds_up_and_is_within_one_of_its_share(count, text):
    shares = shares_of(text)
    found = divided(count, shares)
    assert sum(found.values()) == count
    assert all(abs(found[part] - count * shares[part]) < 1 for part in PARTS)


@pytest.mark.parametrize("text", ["", "70/30", "a/b/c", "0/0/0", "-1/1/1", "nan/1/1", "inf/1/1"])
def test_other_words_are_no_shares(text):
    with pytest.raises(StriateError, match="such as 70/15/15"):
        shares_of(text)


def test_parts_of_the_author_stay_and_look_alikes_are_taken_from_training():
    found, left = given_parts(["train", "test", None, "validation"], [0, 0, 2, 3], shares_of("70/15/15"))
    assert found.rows == {"train": (2,), "validation": (3,), "test": (1,)} and left == 1
