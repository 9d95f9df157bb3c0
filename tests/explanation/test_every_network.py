"""Every network of the catalogue can be looked at from inside, fresh and with a replaced head."""

import pytest
import torch

from striate.explanation.channels.activations import activations_of
from striate.explanation.channels.channel_response import convolutions_of
from striate.explanation.channels.filters import Ascent, excite
from striate.explanation.embedding import features_of
from striate.models.backbone import replace_head
from striate.models.build import create_model
from striate.models.catalog import MODELS

CLASSIFIERS = [name for name, entry in MODELS.items() if entry.task == "classify"]


@pytest.mark.slow
@pytest.mark.parametrize("name", CLASSIFIERS)
def test_activations_features_and_patterns_of_every_network(name):
    entry = MODELS[name]
    side = max(entry.smallest, 16)
    network = create_model(name, image_size=side)
    images = torch.rand(1, entry.input[0], side, side)
    convolutions = convolutions_of(network)
    layers = activations_of(network, images)
    assert bool(layers) == bool(convolutions) or name == "lenet5_1998"
    assert all(layer.maps.dim() == 3 for layer in layers)
    before = features_of(network, images)
    replace_head(network, 3)
    # An untrained network of 1,202 layers overflows in evaluation.
    assert torch.allclose(features_of(network, images), before, equal_nan=True)
    if convolutions:
        ascent = Ascent(size_hw=(side, side), steps=1, plain=True)
        found = excite(
            network,
            convolutions[0],
            [0],
            in_channels=entry.input[0],
            normalise=lambda pictures: pictures / 255,
            ascent=ascent,
        )
        assert found.pictures.shape == (1, entry.input[0], side, side)
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in network.modules())
    assert all(parameter.grad is None for parameter in network.parameters())
