"""Adaptive pools in ONNX give torch's means, to any size; what cannot be exported is one line."""

import pytest
import torch
from torch import nn

from striate.engines.errors import CannotConvert
from striate.engines.onnx_adaptive import shares
from striate.engines.onnx_engine import open_onnx

pytest.importorskip("onnxruntime")


@pytest.mark.parametrize(
    ("side", "wanted"),
    [((1, 1), (7, 7)), ((9, 13), (7, 7)), ((14, 14), (7, 7)), ((5, 3), (1, 1)), ((6, 6), (1, 2))],
)
def test_a_pool_to_any_size_is_torchs(side, wanted):
    net = nn.Sequential(nn.Conv2d(3, 4, 1), nn.AdaptiveAvgPool2d(wanted)).eval()
    images = torch.randn(5, 3, *side, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        torch.testing.assert_close(open_onnx(net, images[:2]).run(images)[0], net(images))


@pytest.mark.parametrize(("inputs", "outputs"), [(1, 7), (10, 4), (8, 4), (3, 5)])
def test_shares_are_those_of_torchs_pool(inputs, outputs):
    expected = nn.functional.adaptive_avg_pool1d(torch.eye(inputs), outputs).T
    torch.testing.assert_close(shares(inputs, outputs), expected)


class Odd(nn.Module):
    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return torch.special.airy_ai(images)


def test_what_cannot_be_exported_is_one_line_and_prints_nothing(capfd):
    with pytest.raises(CannotConvert) as told:
        open_onnx(Odd().eval(), torch.zeros(2, 3, 4, 4))
    assert 10 < len(str(told.value)) < 200 and "special_airy_ai" in str(told.value)
    assert "graph(" not in "".join(capfd.readouterr())


@pytest.mark.filterwarnings("ignore")  # that this exporter is the older one
def test_the_exporters_own_form_is_back_afterwards(tmp_path):
    """Other programs in the process get what torch gives."""
    open_onnx(nn.Sequential(nn.AdaptiveAvgPool2d(2)).eval(), torch.zeros(2, 3, 4, 4))
    with pytest.raises(Exception, match="adaptive_avg_pool2d"):
        torch.onnx.export(
            nn.AdaptiveAvgPool2d(3), (torch.zeros(1, 1, 4, 4),), tmp_path / "it.onnx", dynamo=False
        )
