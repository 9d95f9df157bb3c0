"""Oracles: torch's own gradients in 64 bits, `gradcheck`, and the calls that torch's mode sees."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from striate.models.build import create_model
from striate.training.devices.depthwise import DepthwiseConvolution, QuickDepthwise

SIDES = st.integers(min_value=1, max_value=5)


@given(
    kernel=st.tuples(SIDES, SIDES),
    stride=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    dilation=st.tuples(st.integers(1, 2), st.integers(1, 2)),
    share=st.tuples(st.floats(0, 1), st.floats(0, 1)),
    more=st.tuples(st.integers(0, 6), st.integers(0, 6)),
)
def test_gradients_are_torchs_for_every_kernel_stride_padding_and_rest(kernel, stride, dilation, share, more):
    reach = [d * (k - 1) for d, k in zip(dilation, kernel, strict=True)]
    padding = tuple(int(part * r) for part, r in zip(share, reach, strict=True))
    size = [max(1, r + 1 - 2 * p) + m for r, p, m in zip(reach, padding, more, strict=True)]
    generator = torch.Generator().manual_seed(0)
    x, weight, bias = (
        torch.randn(shape, generator=generator, dtype=torch.float64, requires_grad=True)
        for shape in ((2, 3, *size), (3, 1, *kernel), (3,))
    )
    theirs = F.conv2d(x, weight, bias, stride, padding, dilation, 3)
    ours = DepthwiseConvolution.apply(x, weight, bias, stride, padding, dilation)
    assert torch.equal(ours, theirs)
    towards = torch.randn(theirs.shape, generator=generator, dtype=torch.float64)
    expected = torch.autograd.grad(theirs, (x, weight, bias), towards)
    for got, want in zip(torch.autograd.grad(ours, (x, weight, bias), towards), expected, strict=True):
        torch.testing.assert_close(got, want)


@pytest.mark.parametrize(("kernel", "stride"), [(3, 1), (3, 2), (5, 1), (5, 2)])
def test_gradients_in_bfloat16_are_as_near_to_those_in_64_bits_as_torchs(kernel, stride):
    torch.manual_seed(0)
    exact = torch.nn.Conv2d(16, 16, kernel, stride, kernel // 2, groups=16, dtype=torch.float64)
    x = torch.randn(4, 16, 15, 14, dtype=torch.float64, requires_grad=True)
    exact(x).square().mean().backward()

    def error(mode):
        conv = torch.nn.Conv2d(16, 16, kernel, stride, kernel // 2, groups=16)
        conv.load_state_dict(exact.state_dict())
        shown = x.detach().float().contiguous(memory_format=torch.channels_last).requires_grad_()
        with torch.autocast("cpu", torch.bfloat16), mode:
            answer = conv(shown)
        answer.float().square().mean().backward()
        pairs = (
            (conv.weight.grad, exact.weight.grad),
            (conv.bias.grad, exact.bias.grad),
            (shown.grad, x.grad),
        )
        return [((got.double() - want).norm() / want.norm()).item() for got, want in pairs]

    plain, quick = error(torch.autograd.set_grad_enabled(True)), error(QuickDepthwise())
    assert max(quick) < 0.01
    for ours, theirs in zip(quick, plain, strict=True):
        assert ours < 1.3 * theirs + 0.001


def test_only_depthwise_convolutions_in_bfloat16_are_taken(monkeypatch):
    taken = []
    own = DepthwiseConvolution.apply
    monkeypatch.setattr(
        DepthwiseConvolution, "apply", lambda *call: taken.append(call[1].shape) or own(*call)
    )
    x = torch.randn(2, 8, 9, 9)
    kernels = {"dense": (8, 8, 1), "grouped": (8, 4, 2), "depthwise": (8, 1, 8), "multiplied": (16, 1, 8)}

    def call(name, **more):
        out, of, groups = kernels[name]
        return F.conv2d(x, torch.ones(out, of, 3, 3, requires_grad=True), groups=groups, **more)

    with QuickDepthwise():
        call("depthwise")
        assert not taken  # 32 bits
        with torch.autocast("cpu", torch.bfloat16):
            for name in kernels:
                assert call(name).dtype == torch.bfloat16
            assert taken == [(8, 1, 3, 3)]
            call("depthwise", padding="same")
            call("depthwise", padding=3)  # more than the kernel reaches
            with torch.no_grad():
                call("depthwise")
            assert len(taken) == 1
            call("depthwise", padding=2, dilation=2)
            assert len(taken) == 2
    with torch.autocast("cpu", torch.bfloat16):
        call("depthwise")
    assert len(taken) == 2


def test_a_network_learns_the_same_with_and_without():
    torch.manual_seed(0)
    network = create_model("efficientnet_lite0", num_classes=3).to(memory_format=torch.channels_last).eval()
    x = torch.randn(4, 3, 64, 64).to(memory_format=torch.channels_last)
    found = []
    for mode in (torch.autograd.set_grad_enabled(True), QuickDepthwise()):
        network.zero_grad()
        with torch.autocast("cpu", torch.bfloat16), mode:
            loss = F.cross_entropy(network(x), torch.tensor([0, 1, 2, 0]))
        loss.backward()
        found.append((loss.item(), torch.cat([one.grad.flatten() for one in network.parameters()])))
    (plain_loss, plain), (quick_loss, quick) = found
    assert quick_loss == plain_loss
    assert F.cosine_similarity(plain, quick, dim=0) > 0.999
