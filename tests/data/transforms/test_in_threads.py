"""Threads change who computes a picture, never the picture; they end with whoever asked for them."""

import threading

import pytest
import torch

from striate.data.loading import Batches, Store
from striate.data.transforms.draws import uniform_draws
from striate.data.transforms.in_threads import augment, pool_of
from striate.data.transforms.presets import AUGMENTATIONS


def photos(count, size_hw=(40, 30)):
    generator = torch.Generator().manual_seed(1)
    return torch.randint(0, 256, (count, 3, *size_hw), dtype=torch.uint8, generator=generator)


@pytest.mark.parametrize("name", ["imagenet", "cifar", "photo", "strong"])
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_the_pictures_do_not_depend_on_the_number_of_threads(name, threads):
    pictures, augmentation = photos(30), AUGMENTATIONS[name]
    rows = torch.tensor([29, 3, 3, *range(20)])
    draws = uniform_draws(4, 2, rows)
    with pool_of(threads) as pool:
        assert (pool is None) == (threads == 1)
        found = augment(augmentation, pictures, draws, rows, pool)
    each = [augmentation(pictures, draws[i : i + 1], rows[i : i + 1]) for i in range(len(rows))]
    assert torch.equal(found, torch.cat(each))


def test_in_each_thread_torch_computes_alone_and_elsewhere_as_before():
    before = torch.get_num_threads()
    elsewhere = []
    try:
        torch.set_num_threads(3)
        with pool_of(2) as pool:
            inside = [pool.submit(torch.get_num_threads).result() for _ in range(8)]
            later = threading.Thread(target=lambda: elsewhere.append(torch.get_num_threads()))
            later.start()
            later.join()
            assert (set(inside), torch.get_num_threads(), elsewhere) == ({1}, 3, [3])
    finally:
        torch.set_num_threads(before)


@pytest.mark.parametrize(
    ("end", "side", "threads"), [("close", 128, 2), ("error", 128, 2), ("close", 127, 0)]
)
def test_the_threads_of_an_epoch_end_with_it_and_small_pictures_have_none(end, side, threads, monkeypatch):
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
    before = threading.active_count()
    store = Store(photos(20, (128, side)), torch.zeros(20, dtype=torch.long))
    batches = Batches(store, torch.arange(20), 4, seed=0, augmentation=AUGMENTATIONS["imagenet"])
    epoch = batches.epoch(0)
    next(epoch)
    assert threading.active_count() == before + threads
    if end == "close":
        epoch.close()
    else:
        with pytest.raises(KeyboardInterrupt):
            epoch.throw(KeyboardInterrupt())
    assert threading.active_count() == before
