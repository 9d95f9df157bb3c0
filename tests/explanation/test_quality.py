"""Deletion, insertion, pointing, the hot region and the sanity check, by hand on pictures of a few pixels."""

import numpy as np
import pytest
import torch
from tests.explanation.networks import Pooled, pictures, seeded
from torch import Tensor, nn

from striate.explanation.heat.enlarge import enlarge
from striate.explanation.heat.hot_region import hot_box
from striate.explanation.heat.question import Question
from striate.explanation.quality import area, deletion, insertion, points_inside, share_inside
from striate.explanation.sanity import randomised, similarity
from striate.models.build import create_model


class FirstPixel(nn.Module):
    """Class 1 is as probable as the picture's first pixel is bright."""

    def forward(self, images: Tensor) -> Tensor:
        share = images[:, 0, 0, 0].clamp(1e-6, 1 - 1e-6)
        return torch.stack([torch.log(1 - share), torch.log(share)], dim=1)


def asked(images: Tensor) -> Question:
    return Question(
        FirstPixel(), images, torch.ones(len(images), dtype=torch.int64), nothing=torch.zeros_like(images[0])
    )


def test_deletion_falls_when_the_pixel_that_matters_is_among_the_hottest_so_far():
    images = torch.ones(2, 1, 2, 2)
    heats = torch.tensor([[[4.0, 3], [2, 1]], [[1.0, 3], [2, 4]]])  # first: matters most; second: least
    curves = deletion(asked(images), heats, steps=4)
    torch.testing.assert_close(curves, torch.tensor([[1.0, 0, 0, 0, 0], [1, 1, 1, 1, 0]]), atol=1e-5, rtol=0)
    torch.testing.assert_close(area(curves), torch.tensor([0.125, 0.875]), atol=1e-5, rtol=0)


def test_insertion_begins_with_a_blurred_picture_and_ends_with_the_picture():
    images = torch.zeros(1, 1, 16, 16)
    images[0, 0, 0, 0] = 0.8
    heats = torch.zeros(1, 16, 16)
    heats[0, 0, 0] = 1
    curve = insertion(asked(images), heats, steps=2)[0]
    assert curve[0] < 0.1 and curve[1:].tolist() == pytest.approx([0.8, 0.8], abs=1e-5)


def test_pointing_looks_at_the_hottest_pixel_and_the_share_at_all_of_them():
    heats = torch.tensor([[[1.0, 0], [3, 0]], [[1.0, 0], [3, 0]]])
    masks = torch.tensor([[[True, False], [False, False]], [[False, False], [True, True]]])
    assert points_inside(heats, masks).tolist() == [False, True]
    assert share_inside(heats, masks).tolist() == [0.25, 0.75]


def test_heat_is_enlarged_over_the_whole_picture_and_its_maximum_is_1():
    heat = enlarge(torch.tensor([[[0.0, 2.0]], [[0.0, 0.0]]]), (1, 4))
    # Half-pixel centres: the four pixels lie at -0.25, 0.25, 0.75, 1.25 of the two cells.
    torch.testing.assert_close(heat[0], torch.tensor([[0.0, 0.25, 0.75, 1.0]]))
    assert heat[1].tolist() == [[0.0, 0.0, 0.0, 0.0]]


def test_the_hot_box_is_around_the_largest_part_and_does_not_jump_corners():
    heat = np.zeros((6, 8))
    heat[1:3, 1:4] = 0.6  # six pixels
    heat[4, 6] = 1.0  # hotter, and smaller
    heat[3, 4] = 0.7  # touches the first part at a corner only
    assert hot_box(heat) == (1, 1, 4, 3)
    assert hot_box(heat, threshold=0.9) == (6, 4, 7, 5)
    assert hot_box(np.zeros((3, 3))) is None


def test_randomised_weights_are_the_same_numbers_at_other_places_in_a_copy():
    network = create_model("striate_small")
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    head, whole = randomised(network, "head"), randomised(network, "network")
    for name, tensor in network.state_dict().items():
        assert torch.equal(tensor, before[name]), name
        assert torch.equal(tensor, head.state_dict()[name]) == (not name.startswith("output.weight")), name
        assert torch.equal(
            tensor.sort().values.flatten().sort().values, whole.state_dict()[name].flatten().sort().values
        )
    assert not torch.equal(whole.stem.conv.weight, network.stem.conv.weight)


def test_the_head_of_a_network_that_does_not_name_it_is_its_last_layer():
    network = seeded(Pooled)
    changed = randomised(network, "head", seed=1)
    assert torch.equal(changed.conv.weight, network.conv.weight)
    assert not torch.equal(changed.fc.weight, network.fc.weight)


def test_similarity_is_of_ranks_and_none_with_a_map_that_is_the_same_everywhere():
    rising = torch.tensor([[1.0, 2], [3, 4]])
    assert similarity(rising, rising**3) == pytest.approx(1)
    assert similarity(rising, -rising) == pytest.approx(-1)
    assert similarity(rising, torch.ones(2, 2)) == 0
    assert similarity(pictures(1)[0, 0], pictures(1)[0, 0]) == pytest.approx(1)
