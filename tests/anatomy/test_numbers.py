"""Networks in half, bfloat16 and double; and what cannot be looked at says so in one line."""

import pytest
import torch
from torch import nn

import striate
from striate.errors import StriateError


def small() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(3, 4, 3),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(4, 3),
    )


@pytest.mark.parametrize(
    ("numbers", "each"), [(torch.float16, 2), (torch.bfloat16, 2), (torch.float32, 4), (torch.float64, 8)]
)
def test_a_network_is_counted_in_its_own_numbers(numbers, each):
    anatomy = striate.inspect(small().to(numbers), (3, 32, 32))
    assert anatomy.numbers == str(numbers).removeprefix("torch.")
    assert anatomy.multiply_adds == 30 * 30 * 3 * 9 * 4 + 12
    # The picture, the convolution's map, the pool's means, the scores; the rest works in place.
    assert anatomy.forward_bytes == each * (3 * 32 * 32 + 4 * 30 * 30 + 4 + 3)
    assert anatomy.forward_values == 3 * 32 * 32 + 4 * 30 * 30 + 4 + 3
    assert [layer.bytes for layer in anatomy.layers] == [each * n for n in (3600, 0, 0, 4, 0, 3)]
    learned = 3 * 9 * 4 + 4 + 8 + 12 + 3
    assert anatomy.training.fixed == each * (4 * learned + 8) + 8  # two running values, one whole number


@pytest.mark.parametrize("layer", [nn.LSTM(12, 16), nn.GRU(12, 16), nn.RNN(12, 16)])
def test_a_recurrent_layer_is_named(layer):
    class Rows(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.rows = layer

        def forward(self, images):
            return self.rows(images.squeeze(1))[0][:, -1]

    kind = type(layer).__name__
    with pytest.raises(StriateError, match=rf"Rows has a recurrent layer at rows \({kind}\)") as caught:
        striate.inspect(Rows(), (1, 12, 12))
    assert "\n" not in str(caught.value)


@pytest.mark.filterwarnings("ignore:`torch.jit")
def test_torchscript_is_named_and_the_module_that_holds_it():
    with pytest.raises(StriateError, match="the network is TorchScript"):
        striate.inspect(torch.jit.script(small()), (3, 32, 32))
    with pytest.raises(StriateError, match="its module 1 is TorchScript"):
        striate.inspect(nn.Sequential(nn.Identity(), torch.jit.script(small())), (3, 32, 32))
