"""Sampling: every class equally often, every picture before any again, weights that count to one."""

from collections import Counter
from dataclasses import replace
from itertools import combinations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from striate.data.loading import Batches, Store
from striate.data.sampling import balanced, class_weights, classes_balanced, in_any_order, repetitions
from striate.data.transforms.presets import AUGMENTATIONS


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
        order=classes_balanced,
    )
    epochs = [torch.cat([batch.rows for batch in batches.epoch(number)]) for number in (0, 0, 1)]
    assert torch.equal(epochs[0], epochs[1]) and not torch.equal(epochs[0], epochs[2])
    assert all(int((labels[rows] == 1).sum()) == 50 for rows in epochs)


@given(st.lists(st.integers(0, 6), max_size=40))
def test_repetitions_are_counted_one_by_one(rows):
    seen: Counter[int] = Counter()
    expected = []
    for row in rows:
        expected.append(seen[row])
        seen[row] += 1
    assert repetitions(torch.tensor(rows, dtype=torch.int64)).tolist() == expected


@pytest.mark.parametrize("augment", ["imagenet", "strong"])
@pytest.mark.parametrize("batch_size", [7, 40])
def test_a_picture_that_comes_again_in_an_epoch_is_changed_in_another_way(augment, batch_size):
    generator = torch.Generator().manual_seed(0)
    pictures = torch.randint(0, 256, (40, 3, 24, 24), dtype=torch.uint8, generator=generator)
    labels = torch.tensor([0] * 37 + [1] * 3)
    chosen = replace(AUGMENTATIONS[augment], mixing=None)
    balanced, plain = (
        Batches(
            Store(pictures, labels), torch.arange(40), batch_size, seed=5, order=both, augmentation=chosen
        )
        for both in (classes_balanced, in_any_order)
    )
    shown: dict[int, list[torch.Tensor]] = {}
    for batch in balanced.epoch(2):
        for row, picture in zip(batch.rows.tolist(), batch.pictures, strict=True):
            shown.setdefault(row, []).append(picture)
    for row in (37, 38, 39):
        assert len(shown[row]) >= 6
        assert all(not torch.equal(one, other) for one, other in combinations(shown[row], 2))
    first = {}
    for batch in plain.epoch(2):
        first |= dict(zip(batch.rows.tolist(), batch.pictures, strict=True))
    assert all(torch.equal(pictures[0], first[row]) for row, pictures in shown.items())


def test_repeated_pictures_are_the_same_after_a_resume_and_for_any_number_of_processes():
    pictures = torch.arange(40, dtype=torch.uint8).view(40, 1, 1, 1).repeat(1, 3, 16, 16)
    store = Store(pictures, torch.tensor([0] * 37 + [1] * 3))
    made = [
        Batches(
            store,
            torch.arange(40),
            8,
            seed=1,
            order=classes_balanced,
            augmentation=AUGMENTATIONS["strong"],
            part=part,
        )
        for part in ((0, 1), (0, 2), (1, 2))
    ]
    whole, rest = list(made[0].epoch(3)), list(made[0].epoch(3, first=2))
    assert all(torch.equal(a.pictures, b.pictures) for a, b in zip(whole[2:], rest, strict=True))
    for batch, even, odd in zip(whole, made[1].epoch(3), made[2].epoch(3), strict=True):
        assert torch.equal(batch.pictures[0::2], even.pictures)
        assert torch.equal(batch.pictures[1::2], odd.pictures)


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
