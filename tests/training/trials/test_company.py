"""A picture that is alone in a batch: joined to another batch, or refused where a norm cannot do with it."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from striate.data.epoch_length import epoch_steps
from striate.data.loading import Batches, Store


def sizes(pictures: int, batch_size: int) -> list[int]:
    store = Store(torch.zeros(pictures, 1, 2, 2, dtype=torch.uint8), torch.zeros(pictures, dtype=torch.int64))
    return [len(batch) for batch in Batches(store, torch.arange(pictures), batch_size, seed=1)]


def test_five_pictures_in_batches_of_two_are_one_of_two_and_one_of_three():
    assert sorted(sizes(5, 2)) == [2, 3]


@given(st.integers(1, 60), st.integers(1, 12))
def test_a_picture_is_alone_only_where_batches_of_one_were_asked_for(pictures, batch_size):
    found = sizes(pictures, batch_size)
    assert sum(found) == pictures
    assert len(found) == epoch_steps(pictures, batch_size)
    if batch_size > 1 and pictures > 1:
        assert min(found) > 1
    if max(found) <= batch_size:  # nothing was joined: the number of batches is as ever
        assert len(found) == -(-pictures // batch_size)
