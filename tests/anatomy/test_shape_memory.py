"""Remembering shapes changes nothing but time."""

import pytest
import torch
import torchvision
from torch import nn

from striate.anatomy import shape_memory
from striate.anatomy.anatomy import anatomy_of
from striate.anatomy.shape_memory import REMEMBERED, RememberingMode


class Odd(nn.Module):
    """Sums of different types, shapes and memory orders, in place and not."""

    def forward(self, images):
        grey = images.mean(1, keepdim=True)
        whole = (images > 0).int() + torch.tensor(1.5)  # a real number makes it real
        whole = whole + (images > 0).int().add_(1)
        last = images.contiguous(memory_format=torch.channels_last)
        return torch.relu(grey + images) + (last + last).relu_() + whole


@pytest.mark.parametrize("build", [torchvision.models.resnet18, torchvision.models.densenet121, Odd])
def test_an_anatomy_is_that_without_a_memory(build, monkeypatch):
    with torch.device("meta"):
        network = build()
    remembered = anatomy_of(network, (3, 64, 96)).to_dict()
    monkeypatch.setattr(shape_memory, "REMEMBERED", set())
    monkeypatch.setattr(shape_memory, "IN_PLACE", set())
    assert anatomy_of(network, (3, 64, 96)).to_dict() == remembered


def test_types_and_strides_are_torchs():
    images = torch.empty(2, 3, 8, 8, device="meta")
    for _ in range(2):
        expected = Odd()(images)
        with RememberingMode():
            received = [Odd()(images), Odd()(images)]
        assert {(one.dtype, one.shape, one.stride()) for one in received} == {
            (expected.dtype, expected.shape, expected.stride())
        }
        assert received[0] is not received[1]


def test_torch_is_asked_once_however_deep_the_network_is():
    class Deep(nn.Sequential):
        def __init__(self, depth):
            layers = [nn.Conv2d(4, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU()]
            super().__init__(*(layer for _ in range(depth) for layer in layers))

    asked = []
    for depth in (2, 40):
        with torch.device("meta"):
            network, images = Deep(depth).train(), torch.empty(2, 4, 8, 8)
        with RememberingMode() as mode:
            network(images)
        asked.append(sum(key[0] in REMEMBERED for key in mode.memory.known))
    assert asked == [3, 3]


def test_a_sum_of_shapes_that_do_not_fit_is_refused_every_time():
    with RememberingMode():
        for _ in range(2):
            with pytest.raises(RuntimeError, match="broadcast"):
                torch.empty(2, 3, device="meta") + torch.empty(2, 4, device="meta")


def test_types_of_numbers_and_of_numbers_in_tensors_are_told_apart():
    whole, wide = torch.ones(3, dtype=torch.int64, device="meta"), torch.tensor(1.0, dtype=torch.float64)
    sums = [lambda other=other: (whole + other).dtype for other in (1, 1.0, True, wide, wide.int())]
    expected = [torch.int64, torch.float32, torch.int64, torch.float64, torch.int64]
    for order in (1, -1):
        with RememberingMode():
            assert [one() for one in sums[::order]] == expected[::order]
