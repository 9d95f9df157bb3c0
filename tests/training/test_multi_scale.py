"""Multi-scale batches: sides from the list, the same in a resumed epoch, values kept."""

import torch

from striate.data.loading import Batches, Store
from striate.training.multi_scale import MultiScale


def batches(scales=(0.5, 1.0, 1.5)):
    store = Store(torch.full((64, 1, 16, 24), 7, dtype=torch.uint8), torch.zeros(64, dtype=torch.int64))
    return MultiScale(Batches(store, torch.arange(64), 4, seed=0), scales, 5)


def test_every_scale_comes_and_proportions_stay():
    sizes = {tuple(batch.pictures.shape[-2:]) for batch in batches().epoch(0)}
    assert sizes == {(8, 12), (16, 24), (24, 36)}


def test_an_epoch_that_goes_on_has_the_sides_of_the_unbroken_one_and_the_next_has_others():
    sides = [
        [batch.pictures.shape[-1] for batch in batches().epoch(*where)] for where in ((3, 0), (3, 6), (4, 0))
    ]
    assert sides[1] == sides[0][6:] and sides[2] != sides[0]


def test_a_grey_picture_stays_grey_and_one_scale_leaves_the_batch_alone():
    assert all(torch.allclose(batch.pictures.float(), torch.tensor(7.0)) for batch in batches().epoch(0))
    assert all(batch.pictures.dtype == torch.uint8 for batch in batches((1.0,)).epoch(0))
