"""The pre-initialisation trick of VGG: which layers are copied, bit for bit, and that nothing else moves."""

import torch
from torch import nn

from striate.models.surgery.growing import grow


def vgg(counts, widths=(4, 8, 16, 16), classes=5):
    """Blocks of 3x3 convolutions and three dense layers, in the columns' manner."""
    torch.manual_seed(sum(counts))
    layers, channels = [], 3
    for count, width in zip(counts, widths, strict=True):
        for _ in range(count):
            layers += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU()]
            channels = width
        layers.append(nn.MaxPool2d(2))
    layers += [
        nn.Flatten(),
        nn.Linear(channels * 4, 20),
        nn.ReLU(),
        nn.Linear(20, 20),
        nn.Linear(20, classes),
    ]
    return nn.Sequential(*layers)


def convolutions(network):
    return [name for name, module in network.named_modules() if isinstance(module, nn.Conv2d)]


def test_the_first_four_convolutions_and_the_dense_layers_start_from_the_shallow_network():
    shallow, deep = vgg((1, 1, 2, 2)), vgg((2, 2, 3, 3))
    before = {name: tensor.clone() for name, tensor in deep.state_dict().items()}
    filled = grow(deep, shallow)
    front, theirs = convolutions(deep), convolutions(shallow)
    # A's convolutions are the first of each of D's blocks, and the third block's first two.
    wanted = dict(zip((front[0], front[2], front[4], front[5]), theirs[:4], strict=True))
    dense = [[n for n, m in net.named_modules() if isinstance(m, nn.Linear)] for net in (deep, shallow)]
    wanted |= dict(zip(*dense, strict=True))
    assert set(filled) == set(wanted)
    ours, source = deep.state_dict(), shallow.state_dict()
    for name, tensor in ours.items():
        layer, _, kind = name.rpartition(".")
        expected = source[f"{wanted[layer]}.{kind}"] if layer in wanted else before[name]
        assert torch.equal(tensor, expected), name


def test_another_number_of_classes_leaves_the_head_alone():
    shallow, deep = vgg((1, 1, 2, 2), classes=7), vgg((2, 2, 3, 3), classes=5)
    before = deep[-1].weight.clone()
    filled = grow(deep, shallow)
    assert len(filled) == 6 and torch.equal(deep[-1].weight, before)
