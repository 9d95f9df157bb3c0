"""The probe is the regression of scikit-learn, and its folds never part look-alikes."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from striate.ops import logistic_regression as module
from striate.ops.logistic_regression import fit_probe, folds


def clouds(n=90, features=6, classes=3, seed=0, apart=1.5):
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(n) % classes
    centres = apart * torch.randn(classes, features, generator=generator)
    return centres[labels] + torch.randn(n, features, generator=generator), labels


@pytest.mark.parametrize("features", [6, 200])  # fewer and more than pictures
def test_the_classifier_is_that_of_scikit_learn(features, monkeypatch):
    linear_model = pytest.importorskip("sklearn.linear_model")
    x, y = clouds(features=features)
    monkeypatch.setattr(module, "PENALTIES", (0.1,))
    found = fit_probe(x, y, 3, range(len(x)))
    standard = ((x - x.mean(0)) / x.std(0, correction=0)).double().numpy()
    other = linear_model.LogisticRegression(C=1 / (0.1 * len(x)), tol=1e-8, max_iter=5000).fit(standard, y)
    scores = x.double().numpy() @ found.weight.double().numpy().T + found.bias.double().numpy()
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    np.testing.assert_allclose(
        powers / powers.sum(axis=1, keepdims=True), other.predict_proba(standard), atol=2e-4
    )


def test_the_slope_of_the_objective_vanishes_at_the_solution(monkeypatch):
    x, y = clouds(n=60)
    monkeypatch.setattr(module, "PENALTIES", (0.3,))
    found = fit_probe(x, y, 3, range(60))
    spread = x.std(0, correction=0)
    weight = (found.weight * spread).double().requires_grad_()
    bias = (found.bias + found.weight @ x.mean(0)).double().requires_grad_()
    scores = ((x - x.mean(0)) / spread).double() @ weight.T + bias
    loss = torch.nn.functional.cross_entropy(scores, y) + 0.15 * weight.square().sum()
    loss.backward()
    assert weight.grad.abs().max() < 1e-4 and bias.grad.abs().max() < 1e-4


def test_weights_count_as_so_many_pictures(monkeypatch):
    x, y = clouds(n=30)
    monkeypatch.setattr(module, "PENALTIES", (1.0,))
    twice = torch.cat([x, x[:10]])
    weights = torch.cat([torch.full((10,), 2.0), torch.ones(20)])
    share = weights / weights.sum()
    # Standardisation sees pictures, not weights, so both get features of which it changes nothing.
    mean, spread = twice.mean(0), twice.std(0, correction=0)
    one = module._fit(
        (((x - mean) / spread).double().numpy(),), y.numpy(), share.double().numpy(), 3, 1.0, None
    )[0]
    other = module._fit(
        (((twice - mean) / spread).double().numpy(),),
        torch.cat([y, y[:10]]).numpy(),
        np.ones(40),
        3,
        1.0,
        None,
    )[0]
    np.testing.assert_allclose(one, other, atol=1e-4)


def test_many_pictures_are_read_a_part_at_a_time_to_the_same_end(monkeypatch):
    x, y = clouds(n=90)
    view = x + 0.1 * torch.randn(x.shape, generator=torch.Generator().manual_seed(5))
    monkeypatch.setattr(module, "COMPARED", 40)
    whole = fit_probe(x, y, 3, range(90), more=[view])
    sizes = []
    slope = module._slope
    monkeypatch.setattr(
        module, "_slope", lambda block, *rest: sizes.append(len(block)) or slope(block, *rest)
    )
    monkeypatch.setattr(module, "PART", 16)
    monkeypatch.setattr(module, "KEPT", 0)
    parts = fit_probe(x, y, 3, range(90), more=[view])
    assert sizes[-12:] == [16, 16, 16, 16, 16, 10] * 2  # both views, never together
    assert parts.penalty == whole.penalty and parts.loss == pytest.approx(whole.loss, abs=1e-6)
    torch.testing.assert_close(parts.weight, whole.weight, atol=1e-4, rtol=0)
    assert (parts.answers >= 0).sum() == 40 and bool((parts.answers == whole.answers).all())


def test_noise_gets_the_strictest_penalty_and_clear_classes_a_weaker_one():
    generator = torch.Generator().manual_seed(0)
    y = torch.arange(80) % 2
    noise = fit_probe(torch.randn(80, 40, generator=generator), y, 2, range(80))
    clear = fit_probe(*clouds(n=80, classes=2, apart=4.0), 2, range(80))
    assert noise.penalty == module.PENALTIES[0] and clear.penalty < noise.penalty
    assert (clear.answers == torch.arange(80) % 2).double().mean() > 0.95


def test_held_out_answers_do_not_know_their_picture():
    generator = torch.Generator().manual_seed(1)
    y = torch.randint(0, 2, (60,), generator=generator)
    found = fit_probe(torch.randn(60, 300, generator=generator), y, 2, range(60))
    assert found.loss < 0.4 or found.penalty > 1  # many features can learn any labels by heart...
    assert 0.25 < (found.answers == y).double().mean() < 0.75  # ...and know nothing of new pictures


def test_a_single_picture_a_class_is_enough_for_a_classifier():
    found = fit_probe(torch.eye(3), torch.arange(3), 3, range(3))
    assert (torch.eye(3) @ found.weight.T + found.bias).argmax(1).tolist() == [0, 1, 2]


def test_features_that_never_change_have_no_weight():
    x, y = clouds()
    found = fit_probe(torch.cat([x, torch.full((90, 1), 7.0)], dim=1), y, 3, range(90))
    assert found.weight[:, -1].abs().max() < 1e-6 and bool(found.weight.isfinite().all())


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 12)), min_size=1, max_size=60), st.integers(0, 9))
def test_look_alikes_share_a_fold(pairs, seed):
    labels, groups = torch.tensor([a for a, _ in pairs]), [b for _, b in pairs]
    found = folds(labels, groups, seed)
    for group in set(groups):
        assert len({int(found[i]) for i, g in enumerate(groups) if g == group}) == 1


def test_every_class_is_spread_over_the_folds():
    labels = torch.tensor([0] * 25 + [1] * 10)
    found = folds(labels, range(35), seed=3)
    assert [int(((found == k) & (labels == 0)).sum()) for k in range(5)] == [5] * 5
    assert [int(((found == k) & (labels == 1)).sum()) for k in range(5)] == [2] * 5
