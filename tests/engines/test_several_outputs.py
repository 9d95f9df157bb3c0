"""Networks with several outputs run in every engine; one output is a tuple of one."""

from typing import NamedTuple

import pytest
import torch
from torch import Tensor, nn

from striate.engines.opening import open_engine


class Found(NamedTuple):
    scores: Tensor
    boxes: Tensor


class Two(nn.Module):
    """Scores, and a map of boxes of another size."""

    def __init__(self, *, named: bool) -> None:
        super().__init__()
        self.named = named
        self.body, self.head = nn.Conv2d(3, 5, 3, padding=1), nn.Linear(5, 4)

    def forward(self, images: Tensor) -> Found | tuple[Tensor, Tensor]:
        maps = self.body(images).relu()
        scores = self.head(maps.mean(dim=(2, 3)))
        return Found(scores, maps[:, :2]) if self.named else (scores, maps[:, :2])


@pytest.mark.parametrize("named", [False, True])
@pytest.mark.parametrize("count", [0, 1, 19])
@pytest.mark.parametrize("name", ["torch", "openvino", "onnxruntime"])
def test_every_output_comes_back_as_torch_gives_it(name, count, named):
    torch.manual_seed(0)
    net, images = Two(named=named).eval(), torch.rand(count, 3, 8, 8)
    found = open_engine(net, (3, 8, 8), engine=name, precision="fp32").run(images)
    with torch.inference_mode():
        expected = net(images)
    assert len(found) == 2
    for one, wanted in zip(found, expected, strict=True):
        assert one.shape == wanted.shape and one.dtype == torch.float32
        assert torch.allclose(one, wanted, atol=1e-5)
