"""Fields, strides and centres against the gradient of one output with respect to the picture.

The oracle knows no formula: with positive weights, positive pixels and average instead of max pools nothing
cancels and nothing is chosen, so exactly the pixels that the output reads have a gradient that is not zero.
"""

import pytest
import torch
import torch.nn.functional as F
import torchvision
from torch import nn

from striate.anatomy.anatomy import anatomy_of


def seen(network, hooked, size, monkeypatch):
    """First and last pixel along height and width that the middle cell of `hooked`'s output reads."""
    _make_positive(network)
    names = ("kernel_size", "stride", "padding")
    monkeypatch.setattr(
        F,
        "max_pool2d",
        lambda maps, *args, **given: F.avg_pool2d(maps, *args, **{n: given[n] for n in names if n in given}),
    )
    taken = []
    handle = dict(network.named_modules())[hooked].register_forward_hook(lambda _, __, out: taken.append(out))
    picture = torch.ones(1, *size, dtype=torch.float64, requires_grad=True)
    network(picture)
    handle.remove()
    maps = taken[0]
    cell = tuple(side // 2 for side in maps.shape[2:])
    maps[0, :, cell[0], cell[1]].sum().backward()
    touched = picture.grad[0].sum(0) != 0
    rows, columns = touched.any(1).nonzero(), touched.any(0).nonzero()
    spans = [(int(found.min()), int(found.max())) for found in (rows, columns)]
    return cell, spans


def _make_positive(network):
    network.eval().double()
    for name, module in list(network.named_modules()):
        if isinstance(module, nn.MaxPool2d):
            pool = nn.AvgPool2d(module.kernel_size, module.stride, module.padding, module.ceil_mode)
            network.set_submodule(name, pool)
        elif isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.constant_(module.weight, 1 / module.weight[0].numel())
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        elif isinstance(module, nn.BatchNorm2d):
            module.reset_running_stats()
            nn.init.ones_(module.weight)


def told(layer, cell, size):
    """The same span by Striate's field, stride and centre, cut at the picture's border."""
    spans = []
    for field, stride, centre, index, pixels in zip(
        layer.receptive_field, layer.stride, layer.centre, cell, size[1:], strict=True
    ):
        first = centre + index * stride - (field - 1) / 2
        spans.append((max(int(first), 0), min(int(first) + field - 1, pixels - 1)))
    return spans


def check(network, hooked, layer_name, size, monkeypatch, field=None):
    layer = anatomy_of(network, size).by_name[layer_name]
    assert field is None or layer.receptive_field == (field, field)
    cell, spans = seen(network, hooked, size, monkeypatch)
    assert told(layer, cell, size) == spans


def test_torchvisions_resnet50_sees_427_pixels(monkeypatch):
    network = torchvision.models.resnet50(weights=None)
    check(network, "layer4", "layer4.2.relu:3", (3, 32, 620), monkeypatch, field=427)


@pytest.mark.slow
def test_the_papers_resnet50_sees_483_pixels(monkeypatch):
    network = torchvision.models.resnet50(weights=None)
    for block in network.modules():  # the stride on the first 1x1, as in the paper
        if isinstance(block, torchvision.models.resnet.Bottleneck) and block.conv2.stride == (2, 2):
            block.conv1.stride, block.conv2.stride = (2, 2), (1, 1)
    check(network, "layer4", "layer4.2.relu:3", (3, 32, 700), monkeypatch, field=483)


@pytest.mark.slow
def test_inception_v3_through_its_branches(monkeypatch):
    network = torchvision.models.inception_v3(weights=None, init_weights=False)
    check(network, "Mixed_7c", "Mixed_7c.cat:3", (3, 75, 1700), monkeypatch, field=1311)


@pytest.mark.slow
def test_densenet121_through_its_concatenations(monkeypatch):
    network = torchvision.models.densenet121(weights=None)
    check(network, "features", "features.norm5", (3, 32, 2700), monkeypatch)


def test_a_dilated_network(monkeypatch):
    rates = (1, 1, 2, 4, 8, 16, 1)
    network = nn.Sequential(*(nn.Conv2d(4, 4, 3, padding=rate, dilation=rate) for rate in rates))
    check(network, "6", "6", (4, 8, 100), monkeypatch, field=2 * sum(rates) + 1)


class Odd(nn.Module):
    """What hooks on modules would miss: slices, pads, sums of branches with other offsets, and a shuffle."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(2, 6, (3, 5), stride=2, padding=(0, 2))
        self.second = nn.Conv2d(6, 6, 3, padding=1)
        self.third = nn.Conv2d(6, 6, (1, 7), padding=(0, 3), groups=3)
        self.end = nn.Identity()

    def forward(self, pictures):
        maps = F.relu(self.first(F.pad(pictures, (1, 2, 0, 1))))
        batch, _, high, wide = maps.shape
        maps = maps.view(batch, 3, 2, high, wide).transpose(1, 2).reshape(batch, 6, high, wide)
        late = F.avg_pool2d(F.pad(maps, (2, 0)), 3, stride=1, padding=(1, 0))
        maps = self.second(maps) + self.third(maps) * late
        return self.end(maps[:, :, 1:, ::2])


def test_slices_pads_and_shuffles_between_modules(monkeypatch):
    network = Odd()
    wrapped = nn.Sequential(network, nn.Conv2d(6, 1, 3))
    check(wrapped, "1", "1", (2, 40, 90), monkeypatch)


class Gated(nn.Module):
    """Squeeze and excitation: every value is multiplied by a number that reads the whole picture."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(3, 8, 3, stride=2, padding=1)
        self.squeeze = nn.Conv2d(8, 8, 1)
        self.last = nn.Conv2d(8, 8, 3, padding=1)

    def forward(self, pictures):
        maps = self.first(pictures)
        return self.last(maps * torch.sigmoid(self.squeeze(maps.mean((2, 3), keepdim=True))))


def test_a_gate_reads_the_whole_picture(monkeypatch):
    network = Gated()
    anatomy = anatomy_of(network, (3, 30, 42))
    assert anatomy.by_name["first"].receptive_field == (3, 3)
    gated = anatomy.by_name["mul"]
    assert gated.whole_picture and gated.receptive_field == (30, 42) and gated.stride == (2, 2)
    _, spans = seen(network, "last", (3, 30, 42), monkeypatch)
    assert spans == [(0, 29), (0, 41)]


def test_after_global_pooling_pixels_that_no_window_reads_stay_unread(monkeypatch):
    network = nn.Sequential(nn.Conv2d(1, 2, 4, stride=4), nn.AdaptiveAvgPool2d(1))
    layer = anatomy_of(network, (1, 10, 16)).layers[-1]
    assert layer.receptive_field == (8, 16) and not layer.whole_picture  # the last two rows are left over
    _, spans = seen(network, "1", (1, 10, 16), monkeypatch)
    assert spans == [(0, 7), (0, 15)]


def test_after_global_pooling_padding_is_no_pixel():
    network = nn.Sequential(nn.Conv2d(1, 2, 5, padding=2), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    layer = anatomy_of(network, (1, 10, 16)).layers[-1]
    assert layer.whole_picture and layer.receptive_field == layer.stride == (10, 16)


def test_gates_that_read_two_parts_read_all_between(monkeypatch):
    class Halves(nn.Module):
        def forward(self, pictures):
            top, bottom = pictures[:, :, :2].mean(2), pictures[:, :, 5:7].mean(2)
            return (top + bottom).unsqueeze(2)

    network = nn.Sequential(Halves(), nn.Conv2d(1, 1, 1))
    layer = anatomy_of(network, (1, 9, 4)).layers[-1]
    assert layer.receptive_field == (7, 1) and not layer.whole_picture
    _, spans = seen(network, "1", (1, 9, 4), monkeypatch)
    assert spans[0] == (0, 6)


def test_permuted_maps_and_norms_over_channels_keep_the_field(monkeypatch):
    network = torchvision.models.convnext_tiny(weights=None)
    anatomy = anatomy_of(network, (3, 64, 64))
    assert anatomy.by_name["features.0.0"].receptive_field == (4, 4)
    assert anatomy.by_name["features.1.0.add"].receptive_field == (28, 28)  # 4 + (7 - 1)*4
    assert anatomy.by_name["features.1.0.add"].stride == (4, 4)


def test_what_has_no_rule_is_unknown_and_not_guessed():
    net = nn.Sequential(nn.Conv2d(1, 1, 3), nn.Upsample(scale_factor=2), nn.Conv2d(1, 1, 3))
    fields = [layer.receptive_field for layer in anatomy_of(net, (1, 20, 20)).layers]
    assert fields == [(3, 3), None, None]


def test_a_change_of_a_part_makes_the_field_of_the_whole_unknown():
    class Patched(nn.Module):
        def forward(self, pictures):
            wide = F.avg_pool2d(pictures, 3, 1, 1)
            maps = pictures.clone()
            maps[:, :, 2:4] = wide[:, :, 2:4]
            return F.relu(maps)

    assert anatomy_of(Patched(), (1, 8, 8)).layers[-1].receptive_field is None
