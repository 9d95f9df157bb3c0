"""Sampling: every class equally often, every picture before any again, weights that count to one."""

from collections import Counter

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from striate.data.loading import Batches, Store
from striate.data.sampling import balanced, class_weights


@given(st.lists(st.integers(0, 4), min_size=1, max_size=60), st.integers(0, 99))
def test_classes_are_shown_equally_often_and_pictures_fairly(labels, seed):
    places = balanced(torch.tensor(labels), torch.Generator().manual_seed(seed)).tolist()
    assert len(places) == len(labels)
    classes = Counter(labels[place] for place in places)
    wanted = len(labels) // len(set(labels))
    assert all(wanted <= classes[label] <= wanted + 1 or wanted == 0 for label in set(labels))
    shown = Counter(places)
    for label in set(labels):
        times = [shown[place] for place, other in enumerate(labels) if other == label]
        assert max(times) - min(times) <= 1


def test_balanced_batches_are_the_same_for_the_same_epoch_and_others_in_the_next():
    labels = torch.tensor([0] * 90 + [1] * 10)
    batches = Batches(
        Store(torch.zeros(100, 1, 1, 1, dtype=torch.uint8), labels),
        torch.arange(100),
        20,
        seed=1,
        balance=True,
    )
    epochs = [torch.cat([batch.rows for batch in batches.epoch(number)]) for number in (0, 0, 1)]
    assert torch.equal(epochs[0], epochs[1]) and not torch.equal(epochs[0], epochs[2])
    assert all(int((labels[rows] == 1).sum()) == 50 for rows in epochs)


def test_processes_share_every_batch_without_a_gap():
    store = Store(torch.arange(23, dtype=torch.uint8).view(23, 1, 1, 1), torch.zeros(23, dtype=torch.int64))
    whole = Batches(store, torch.arange(23), 8, seed=3)
    parts = [Batches(store, torch.arange(23), 8, seed=3, part=(i, 2)) for i in range(2)]
    for batch, first, second in zip(whole.epoch(4), *(part.epoch(4) for part in parts), strict=True):
        merged = torch.empty_like(batch.rows)
        merged[0::2], merged[1::2] = first.rows, second.rows
        assert torch.equal(merged, batch.rows)


def test_weights_are_the_rarity_and_their_mean_over_pictures_is_one():
    labels = torch.tensor([0] * 6 + [1] * 2 + [3])
    weights = class_weights(labels, 4)
    assert weights.tolist() == pytest.approx([9 / 18, 9 / 6, 0.0, 9 / 3])
    assert weights[labels].mean().item() == pytest.approx(1.0)
