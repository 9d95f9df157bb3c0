"""Names, sharing, modes, unused parts, memory: what is true of any network that is looked at."""

import pytest
import torch
import torch.nn.functional as F
import torchvision
from torch import nn

from striate.anatomy.anatomy import anatomy_of
from striate.errors import StriateError


class Twice(nn.Module):
    """One layer used twice, an operation between modules, a frozen layer, a head that only training uses."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(4, 4, 3, padding=1)
        self.frozen = nn.Conv2d(4, 2, 1).requires_grad_(False)
        self.side = nn.Linear(4, 3)
        self.drop = nn.Dropout()

    def forward(self, pictures):
        maps = self.conv(F.relu(self.conv(pictures))) + pictures
        if self.training:
            self.side(maps.mean((2, 3)))
        return self.drop(self.frozen(maps)).mean((2, 3))


def test_shared_layers_count_once_and_every_call_has_a_name():
    anatomy = anatomy_of(Twice(), (4, 6, 6))
    names = [layer.name for layer in anatomy.layers]
    assert names == ["conv", "relu", "conv:2", "add", "frozen", "drop", "mean"]
    assert [anatomy.by_name[name].parameters for name in ("conv", "conv:2", "frozen")] == [148, 0, 10]
    assert anatomy.by_name["conv"].multiply_adds == anatomy.by_name["conv:2"].multiply_adds == 36 * 4 * 36
    assert anatomy.by_name["add"].inputs == ("conv:2", "input")


def test_frozen_and_unused_parameters_are_told_apart():
    network = Twice()
    anatomy = anatomy_of(network, (4, 6, 6))
    assert anatomy.unused == {"side": 15}
    assert anatomy.parameters == sum(one.numel() for one in network.parameters()) == 173
    assert anatomy.trainable_parameters == 163


def test_the_network_stays_as_it_was():
    network = Twice().train()
    network.drop.eval()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    random = torch.get_rng_state()
    anatomy_of(network, (4, 6, 6))
    assert network.training and network.conv.training and not network.drop.training
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())
    assert torch.equal(random, torch.get_rng_state())
    assert not network.conv._forward_hooks and not network.conv._forward_pre_hooks
    assert network.conv.weight.device.type == "cpu"


def test_batch_normalisation_keeps_its_statistics():
    network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2)).train()
    anatomy = anatomy_of(network, (1, 8, 8))
    assert network[1].num_batches_tracked == 0 and torch.equal(network[1].running_mean, torch.zeros(2))
    assert anatomy.layers[1].parameters == 4 and anatomy.stored == 5 and anatomy.layers[1].bytes == 0


def test_python_control_flow_and_constants_are_followed():
    class Free(nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = torch.ones(3, 1, 1)  # no buffer: it stays on its device

        def forward(self, pictures):
            maps = pictures * self.scale
            while maps.shape[-1] > 4:
                maps = F.max_pool2d(maps, 2)
            return torch.cat([maps, maps.flip(1) if maps.shape[1] > 99 else maps], dim=1)

    names = [layer.kind for layer in anatomy_of(Free(), (3, 16, 16)).layers]
    assert names == ["mul", "max_pool2d", "max_pool2d", "cat"]


def test_a_picture_that_does_not_fit_is_one_line_that_says_where():
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(10, 2))
    with pytest.raises(StriateError, match=r"cannot read a picture of 3x8x8 at 2: .*--input CxHxW") as raised:
        anatomy_of(net, (3, 8, 8))
    assert "\n" not in str(raised.value)
    assert not net[0]._forward_hooks


def test_a_network_that_looks_at_values_is_refused_in_one_line():
    class Looks(nn.Module):
        def forward(self, pictures):
            return pictures if pictures.sum().item() > 0 else -pictures

    with pytest.raises(StriateError, match="Looks cannot read a picture"):
        anatomy_of(Looks(), (1, 4, 4))


def test_memory_of_a_training_is_what_autograd_keeps_on_real_numbers():
    network = torchvision.models.squeezenet1_1(weights=None)
    kept: dict[int, int] = {}
    alive = []
    own = {one.untyped_storage().data_ptr() for one in network.parameters()}

    def pack(tensor):
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            kept[storage.data_ptr()] = storage.nbytes()
        alive.append(tensor)
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        network.train()(torch.rand(2, 3, 64, 64))
    training = anatomy_of(network, (3, 64, 64)).training
    assert training.picture == sum(kept.values()) // 2
    assert training.fixed == 16 * 1_235_496  # weights, gradients, two averages
    assert training.bytes(3) == training.fixed + 3 * training.picture
    assert training.largest_batch(int(1.6 * training.bytes(7)) + 1) == 7
    assert training.largest_batch(int(1.6 * training.bytes(7)) - 9) == 6 and training.largest_batch(1) == 0


def test_the_parts_of_the_training_memory_sum_up():
    network = torchvision.models.resnet18(weights=None)
    anatomy = anatomy_of(network, (3, 64, 64))
    assert sum(layer.training_bytes for layer in anatomy.layers) == pytest.approx(
        anatomy.training.picture, rel=0.02
    )


def test_the_json_has_what_scripts_rely_on():
    told = anatomy_of(nn.Conv2d(3, 96, 11, 4), (3, 227, 227)).to_dict()
    keys = {
        "model",
        "input",
        "parameters",
        "trainable_parameters",
        "multiply_adds",
        "forward_bytes",
        "layers",
    }
    assert keys <= set(told)
    layer = told["layers"][0]
    assert layer["output"] == [96, 55, 55] and layer["bytes"] == 4 * 290_400
    assert (
        layer["receptive_field"] == [11, 11] and layer["stride"] == [4, 4] and layer["centre"] == [5.0, 5.0]
    )
