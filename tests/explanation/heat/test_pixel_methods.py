"""Explanations by pixels: linear networks whose answer is known, loops, and the paper's own laws."""

import math

import numpy as np
import pytest
import torch
from tests.explanation.networks import Flattened, Pooled, pictures, seeded
from torch import Tensor, nn
from torch.nn import functional as F

from striate.errors import StriateError
from striate.explanation.heat.question import Heat, Question
from striate.explanation.methods import METHODS, heat_function

CLASSES = torch.tensor([1, 0])


class Linear(nn.Module):
    """Scores that are sums of weighted pixels, so that every gradient is known."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(2 * 36, 2)

    def forward(self, images: Tensor) -> Tensor:
        return self.fc(images.flatten(1))


def asked(network: nn.Module, images: Tensor | None = None, **values: object) -> Question:
    images = pictures(2, 6, 2) if images is None else images
    return Question(network, images, CLASSES, nothing=torch.full_like(images[0], -0.5), **values)


def explained(method: str, question: Question) -> Heat:
    return heat_function(METHODS[method])(question)


def weights_of(network: nn.Module, label: int) -> Tensor:
    return network.fc.weight[label].detach().view(2, 6, 6)


@pytest.mark.parametrize("method", ["saliency", "smoothgrad"])
def test_a_linear_networks_gradient_is_its_weights_whatever_the_noise(method):
    network = seeded(Linear)
    wanted = torch.stack([weights_of(network, int(label)).abs().amax(dim=0) for label in CLASSES])
    torch.testing.assert_close(explained(method, asked(network)).maps, wanted)


def test_integrated_gradients_of_a_linear_network_are_weights_times_the_way_from_black():
    network, images = seeded(Linear), pictures(2, 6, 2)
    heat = explained("integrated-gradients", asked(network))
    wanted = [
        ((images[b] + 0.5) * weights_of(network, int(label))).abs().sum(dim=0)
        for b, label in enumerate(CLASSES)
    ]
    torch.testing.assert_close(heat.maps, torch.stack(wanted))
    assert heat.figures["completeness"] == pytest.approx([1, 1], abs=1e-4)


def test_integrated_gradients_are_complete_on_a_network_that_is_not_linear():
    network = seeded(Flattened)
    heat = explained("integrated-gradients", asked(network, 3 * pictures(2, 4, 1)))
    assert heat.figures["completeness"] == pytest.approx([1, 1], abs=0.05)


def test_smoothgrad_is_reproducible_by_its_seed():
    network, images = seeded(Flattened), pictures(2, 4, 1)
    first, again, other = (
        explained("smoothgrad", asked(network, images, seed=seed)).maps for seed in (4, 4, 5)
    )
    assert torch.equal(first, again) and not torch.equal(first, other)


def test_guided_backpropagation_stops_negative_gradients_at_every_rectifier():
    network = nn.Sequential(nn.Linear(3, 2), nn.ReLU(), nn.Linear(2, 2), nn.ReLU6(), nn.Linear(2, 2))
    values = [[[1.0, 2, 0], [-1, 1, 3]], [[2.0, -1], [1, 1]], [[1.0, -2], [3, 1]]]
    for layer, weight in zip(network[::2], values, strict=True):
        layer.weight = nn.Parameter(torch.tensor(weight))
        nn.init.zeros_(layer.bias)

    class Flat(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layers = network

        def forward(self, images: Tensor) -> Tensor:
            return self.layers(images.flatten(1))

    images = torch.tensor([[[[1.0, 0, 1]]]])
    # Hidden: (1, 2) both open; then (2 - 2, 1 + 2) = (0, 3): the first closed. Class 0 has weights (1, -2)
    # there: the first is closed, the second negative, so nothing passes. Class 1 has (3, 1): 1 passes at the
    # second, and becomes 1 * (1, 1) at the hidden units, both positive: (1 - 1, 2 + 1, 0 + 3) at the pixels.
    for label, wanted in ((0, [0.0, 0, 0]), (1, [0.0, 3, 3])):
        question = Question(Flat(), images, torch.tensor([label]))
        assert explained("guided-backprop", question).maps.flatten().tolist() == wanted


class Functional(nn.Module):
    """A rectifier that no module shows, in place."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 3, padding=1)
        self.fc = nn.Linear(2, 2)

    def forward(self, images: Tensor) -> Tensor:
        return self.fc(F.relu(self.conv(images), inplace=True).mean(dim=(2, 3)))


def test_guided_backpropagation_sees_rectifiers_that_are_functions():
    network, images = seeded(Functional), pictures(2, 4, 1)
    found = explained("guided-backprop", asked(network, images)).maps
    with torch.no_grad():
        maps = network.conv(images)
        open_ = (maps > 0).float()
        passed = (network.fc.weight[CLASSES].clamp(min=0)[:, :, None, None] / 16) * open_
        wanted = F.conv_transpose2d(passed, network.conv.weight, padding=1)
    torch.testing.assert_close(found, wanted.abs().sum(dim=1))


def test_guided_backpropagation_refuses_a_network_without_rectifiers():
    with pytest.raises(StriateError, match="Linear has none; take --method smoothgrad"):
        explained("guided-backprop", asked(seeded(Linear)))


@pytest.mark.parametrize("batch", [3, 32])
def test_occlusion_is_the_mean_fall_under_the_patches_that_cover_a_pixel(batch):
    network, images = seeded(Pooled), pictures(2, 13, 1)
    found = explained("occlusion", asked(network, images, batch=batch)).maps.numpy()
    side = 2  # a sixth of 13; patches begin at every place, the last at 11
    for b in range(2):
        falls, covered = np.zeros((13, 13)), np.zeros((13, 13))
        for top in range(12):
            for left in range(12):
                changed = images[b].clone()
                changed[:, top : top + side, left : left + side] = images[b].mean()
                with torch.no_grad():
                    fall = network(images[b : b + 1])[0, CLASSES[b]] - network(changed[None])[0, CLASSES[b]]
                falls[top : top + side, left : left + side] += float(fall)
                covered[top : top + side, left : left + side] += 1
        np.testing.assert_allclose(found[b], np.maximum(falls / covered, 0), rtol=1e-3, atol=1e-6)


def test_occlusion_tells_how_far_it_is():
    events = []
    explained("occlusion", asked(seeded(Pooled), pictures(2, 12, 1), on_event=events.append))
    assert events[-1].done == events[-1].total == 2 * 11 * 11 and math.isclose(events[0].done, 32)


@pytest.mark.parametrize("method", ["saliency", "smoothgrad", "integrated-gradients", "occlusion"])
def test_no_gradient_and_no_hook_stays_behind(method):
    network, images = seeded(Pooled), pictures(2, 12, 1)
    images.requires_grad_(requires_grad=False)
    explained(method, asked(network, images))
    assert all(parameter.grad is None for parameter in network.parameters())
    assert not images.requires_grad and not any(module._forward_hooks for module in network.modules())
