"""Batches: every picture once an epoch, the same after a resume, no tiny last batch."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from striate.data.loading import Batches, Store, empty_store
from striate.data.transforms.presets import AUGMENTATIONS, make_augmentation


def store(n):
    pictures = torch.arange(n, dtype=torch.uint8).view(n, 1, 1, 1).expand(n, 1, 8, 8).contiguous()
    return Store(pictures, torch.arange(n) % 3)


@given(st.integers(1, 60), st.integers(1, 20), st.integers(0, 3))
def test_an_epoch_has_every_row_once_and_batches_of_nearly_one_size(n, batch_size, epoch):
    batches = Batches(store(n), torch.arange(n), batch_size, seed=1)
    found = list(batches.epoch(epoch))
    assert sorted(torch.cat([batch.rows for batch in found]).tolist()) == list(range(n))
    sizes = [len(batch) for batch in found]
    assert (
        len(found) == len(batches)
        and max(sizes) <= max(batch_size, 3 * (batch_size == 2))
        and max(sizes) - min(sizes) <= 1
    )


def test_rows_labels_and_pictures_belong_together():
    rows = torch.tensor([5, 9, 30, 2])
    for batch in Batches(store(40), rows, 3, seed=0).epoch(2):
        assert batch.pictures[:, 0, 0, 0].tolist() == batch.rows.tolist()
        assert batch.labels.tolist() == [row % 3 for row in batch.rows.tolist()]


@pytest.mark.parametrize("augment", ["none", "photo", "strong"])
@pytest.mark.parametrize("first", [1, 4])
def test_an_epoch_that_goes_on_is_the_rest_of_the_whole_one(augment, first):
    batches = Batches(store(50), torch.arange(50), 8, seed=7, augmentation=AUGMENTATIONS[augment])
    whole = list(batches.epoch(3))
    rest = list(batches.epoch(3, first=first))
    assert len(rest) == len(whole) - first
    for expected, found in zip(whole[first:], rest, strict=True):
        assert torch.equal(expected.rows, found.rows) and torch.equal(expected.pictures, found.pictures)
        if augment == "strong":
            assert torch.equal(expected.mixed.labels, found.mixed.labels)
            assert torch.equal(expected.mixed.weights, found.mixed.weights)


def test_epochs_have_different_orders_and_without_a_seed_there_is_one():
    batches = Batches(store(50), torch.arange(50), 50, seed=0)
    assert not torch.equal(next(batches.epoch(0)).rows, next(batches.epoch(1)).rows)
    assert next(Batches(store(50), torch.arange(50), 50).epoch(5)).rows.tolist() == list(range(50))


@pytest.mark.parametrize("augment", ["light", "imagenet", "mixup", "strong"])
def test_augmentation_does_not_depend_on_the_batch_size(augment):
    def seen(size):
        batches = Batches(store(30), torch.arange(30), size, seed=2, augmentation=AUGMENTATIONS[augment])
        found = list(batches.epoch(1))
        order = torch.cat([batch.rows for batch in found]).argsort()
        pictures = torch.cat([batch.pictures for batch in found])[order]
        if found[0].mixed is None:
            return pictures, None
        return pictures, torch.cat([batch.mixed.labels for batch in found])[order]

    for few, many in zip(seen(4), seen(30), strict=True):
        assert few is None or torch.equal(few, many)


def test_the_numbers_of_a_picture_do_not_depend_on_what_else_is_trained_on():
    def picture(rows):
        batches = Batches(store(30), rows, 30, seed=2, augmentation=AUGMENTATIONS["imagenet"])
        batch = next(batches.epoch(1))
        return batch.pictures[batch.rows == 17]

    assert torch.equal(picture(torch.arange(30)), picture(torch.tensor([3, 17])))


def test_a_partner_is_another_training_picture_and_everyone_is_one_once():
    one = make_augmentation({"mixup": 1.0})
    rows = torch.tensor([2, 5, 7, 11, 13, 20, 21, 28])
    for size in (3, 8):
        found = list(Batches(store(40), rows, size, seed=0, augmentation=one).epoch(0))
        partners = []
        for batch in found:
            # Pictures are flat, of their row's number: the partner's number can be solved for.
            values, weights = batch.pictures[:, 0, 0, 0].float(), batch.mixed.weights
            certain = weights < 0.9
            other = (values - weights * batch.rows) / (1 - weights)
            shown = torch.tensor([rows[(rows - value).abs().argmin()] for value in other])
            assert (other - shown)[certain].abs().max() < 6
            assert torch.equal((shown % 3)[weights < 0.5], batch.mixed.labels[weights < 0.5])
            partners += batch.mixed.labels.tolist()
        assert sorted(partners) == sorted((rows % 3).tolist())


def test_a_batch_moves_with_its_second_labels():
    batch = next(Batches(store(9), torch.arange(9), 9, seed=0, augmentation=AUGMENTATIONS["mixup"]).epoch(0))
    moved = batch.to(torch.device("meta"))
    places = [moved.pictures, moved.rows, moved.labels, moved.mixed.labels, moved.mixed.weights]
    assert {tensor.device.type for tensor in places} == {"meta"} and len(moved) == 9


@pytest.mark.parametrize("augment", ["none", "light", "imagenet", "cifar", "photo", "mixup", "strong"])
@pytest.mark.parametrize("channels", [1, 3])
def test_batches_do_not_depend_on_how_pictures_lie_in_memory(augment, channels):
    generator = torch.Generator().manual_seed(0)
    pictures = torch.randint(0, 256, (12, channels, 40, 30), dtype=torch.uint8, generator=generator)
    last = pictures.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2)
    found = []
    for store in (Store(pictures, torch.arange(12)), Store(last, torch.arange(12))):
        batches = Batches(store, torch.arange(12), 5, seed=3, augmentation=AUGMENTATIONS[augment])
        found.append([batch.pictures for batch in batches.epoch(1)])
    assert all(torch.equal(one, other) for one, other in zip(*found, strict=True))


@pytest.mark.parametrize("memory_bytes", [None, 100])
def test_rooms_have_channels_last_so_that_a_picture_is_one_piece_of_memory(memory_bytes):
    room = empty_store((10, 3, 4, 5), memory_bytes)
    assert room.shape == (10, 3, 4, 5) and room.stride() == (60, 1, 15, 3)


def test_what_does_not_fit_the_memory_lies_on_disk_and_works_the_same(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    room = empty_store((10, 3, 4, 4), memory_bytes=100)
    room[3] = 7
    assert room.shape == (10, 3, 4, 4) and int(room.sum()) == 7 * 48
    assert list(tmp_path.iterdir()) == []  # nameless: nothing is left behind, whatever happens
