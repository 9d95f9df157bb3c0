"""Maps of every convolution and pool, held against torch called by hand."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from striate.actions.inspect import inspect
from striate.actions.load import load
from striate.data.decoding.decode import as_picture
from striate.errors import UnknownName
from striate.explanation.channels.activations import LayerMaps, activations_of, layer_called
from striate.models.build import create_model

# Curriculum 1.4: the book's cats-and-dogs network, every convolution and pool.
CATS = [(32, 148), (32, 74), (64, 72), (64, 36), (128, 34), (128, 17), (128, 15), (128, 7)]


def test_the_books_network_has_eight_layers_of_maps():
    layers = activations_of(create_model("book_cats_dogs"), torch.rand(1, 3, 150, 150))
    assert [tuple(layer.maps.shape) for layer in layers] == [(c, side, side) for c, side in CATS]
    assert [layer.kind for layer in layers] == ["convolution", "pool"] * 4


def test_a_convolutions_maps_are_those_behind_its_normalisation_and_rectifier():
    convolution, norm = nn.Conv2d(3, 5, 3, padding=1), nn.BatchNorm2d(5)
    nn.init.uniform_(norm.running_mean, -1, 1)
    images = torch.randn(1, 3, 8, 8)
    network = nn.Sequential(convolution, norm, nn.ReLU(inplace=True), nn.MaxPool2d(2))
    first, second = activations_of(network, images)
    expected = F.relu(norm.eval()(convolution(images)))[0]
    assert torch.allclose(first.maps, expected, atol=1e-6)
    assert torch.allclose(second.maps, F.max_pool2d(expected, 2), atol=1e-6)
    assert (first.name, second.name) == ("0", "3")


class Residual(nn.Module):
    """Calls functions instead of modules, and adds in place."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(1, 1, 3, padding=1)
        self.second = nn.Conv2d(1, 1, 3, padding=1)

    def forward(self, images):
        maps = F.relu(self.first(images))
        maps = self.second(maps)
        self.kept = maps.clone()
        maps += 100 * images
        return F.avg_pool2d(F.relu_(maps), 2).mean(dim=(2, 3))


def test_functions_count_and_what_is_added_in_place_does_not():
    network, images = Residual(), torch.randn(1, 1, 6, 6)
    first, second, pool = activations_of(network, images)
    assert torch.allclose(first.maps, F.relu(network.first(images))[0])
    assert torch.equal(second.maps, network.kept[0])
    assert [first.name, second.name, pool.name] == ["first", "second", "avg_pool2d"]


def test_a_map_of_one_cell_is_left_out_of_squeeze_and_excitation():
    names = [layer.name for layer in activations_of(create_model("se_resnet50"), torch.rand(1, 3, 64, 64))]
    assert names
    assert (
        len(names) == 54
    )  # 1 + 16 * 3 + 4 convolutions and the first pool; 32 of the attention are not shown


@pytest.mark.parametrize("name", ["resnet18", "squeezenet1_1", "lenet5_1998", "vgg11"])
def test_layers_have_the_names_that_inspect_gives(name):
    network, anatomy = create_model(name), inspect(name, image_size=None if "1998" in name else 64)
    known = {layer.name: layer for layer in anatomy.layers}
    layers = activations_of(network, torch.rand(1, *anatomy.input))
    assert layers
    for layer in layers:
        assert known[layer.name].output == tuple(layer.maps.shape)


def test_a_networks_mode_hooks_and_gradients_stay_as_they_were():
    network = create_model("resnet18").train()
    network.layer1.eval()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    activations_of(network, torch.rand(1, 3, 64, 64))
    assert network.training
    assert not network.layer1.training
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in network.modules())
    assert all(parameter.grad is None for parameter in network.parameters())


def test_strength_order_silent_channels_and_zeros_by_hand():
    maps = torch.tensor([[[0.0, 1.0]], [[0.0, 0.0]], [[3.0, 1.0]]])
    layer = LayerMaps("c", "convolution", maps)
    assert layer.strength.tolist() == [0.5, 0.0, 2.0]
    assert layer.order.tolist() == [2, 0, 1]
    assert layer.silent.tolist() == [False, True, False]
    assert layer.zero_share == 0.5
    assert layer.rectified
    assert not LayerMaps("c", "convolution", -maps).rectified


def test_an_unknown_layer_is_refused_with_the_nearest_name():
    layers = [LayerMaps(name, "pool", torch.zeros(1, 1, 1)) for name in ("conv", "pool")]
    assert layer_called(layers, "pool") is layers[1]
    with pytest.raises(UnknownName, match=r"Did you mean conv\? There are 2"):
        layer_called(layers, "conv1")


def test_in_a_trained_network_more_channels_are_silent_at_the_end_than_at_the_start(shared):
    network = load("efficientnet_lite0", shared / "weights" / "efficientnet_lite0.imagenet.safetensors")
    picture = network.preprocessing.fit_picture(as_picture(shared / "data" / "photos" / "chelsea.png"))
    layers = activations_of(network.module, network.preprocessing.normalise(picture[None]))
    shares = [layer.zero_share for layer in layers if layer.rectified]
    assert sum(shares[-5:]) > sum(shares[:5])  # curriculum 6.1: sparsity grows with depth
