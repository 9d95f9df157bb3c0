"""Mixup and cutmix: Beta weights, counted pixels, the partner's share."""

import pytest
import torch
from scipy import stats

from striate.data.transforms.draws import MIXING, uniform_draws
from striate.data.transforms.mixing import Mixing, beta_quantile, rectangle


def draws(count):
    return uniform_draws(0, 0, torch.arange(count))[:, MIXING]


def pair(count, side=20):
    generator = torch.Generator().manual_seed(1)
    return torch.randint(0, 256, (2, count, 3, side, side), dtype=torch.uint8, generator=generator)


@pytest.mark.parametrize("alpha", [0.2, 1.0, 4.0])
def test_weights_have_the_moments_of_beta(alpha):
    weights = torch.tensor([beta_quantile(u, alpha) for u in draws(5000)[:, 1].tolist()])
    assert weights.mean().item() == pytest.approx(0.5, abs=0.02)
    assert weights.var().item() == pytest.approx(1 / (4 * (2 * alpha + 1)), rel=0.05)
    assert stats.kstest(weights.numpy(), stats.beta(alpha, alpha).cdf).pvalue > 1e-3


def test_a_uniform_weight_is_the_number_itself():
    assert beta_quantile(0.3, 1.0) == pytest.approx(0.3)


def test_mixup_is_the_weighted_mean_of_the_pixels():
    own, other = pair(6)
    seen, weights = Mixing(mixup=1.0)(own, other, draws(6))
    expected = own.float() * weights.view(-1, 1, 1, 1) + other.float() * (1 - weights.view(-1, 1, 1, 1))
    assert (seen - expected).abs().max() <= 0.51
    assert torch.allclose(weights, draws(6)[:, 1], atol=1e-6)  # Beta(1, 1) is uniform


def test_cutmix_weights_are_counted_pixels():
    own = torch.zeros(40, 1, 30, 50, dtype=torch.uint8)
    seen, weights = Mixing(cutmix=1.0)(own, own + 1, draws(40))
    counted = 1 - seen.float().mean(dim=(1, 2, 3))
    assert torch.allclose(weights, counted, atol=1e-6) and weights.min() < 0.3 and weights.max() > 0.8


def test_rectangles_have_the_picture_s_proportions_and_are_cut_off_at_the_edge():
    assert rectangle(0.25, torch.tensor([0.5, 0.5]), (40, 80)) == (20, 10, 60, 30)
    assert rectangle(0.25, torch.tensor([0.0, 0.999]), (40, 80)) == (0, 29, 20, 40)
    assert rectangle(1.0, torch.tensor([0.5, 0.5]), (40, 80)) == (0, 0, 80, 40)
    left, _, right, _ = rectangle(0.0, torch.tensor([0.3, 0.3]), (40, 80))
    assert left == right


def test_with_both_a_coin_decides():
    own = torch.zeros(200, 1, 16, 16, dtype=torch.uint8)
    seen, _ = Mixing(mixup=1.0, cutmix=1.0)(own, own + 200, draws(200))
    cut = [set(one.unique().tolist()) <= {0, 200} for one in seen]
    assert 70 < sum(cut) < 140
    blended = torch.tensor([len(one.unique()) == 1 for one in seen])
    assert ((draws(200)[:, 0] < 0.5) | blended).all()


def test_neither_leaves_the_pictures_alone():
    own, other = pair(3)
    seen, weights = Mixing()(own, other, draws(3))
    assert torch.equal(seen, own) and weights.tolist() == [1, 1, 1]
