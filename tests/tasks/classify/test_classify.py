"""The step: losses in training, decoded scores in eval mode, one output for two classes."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from striate.data.sample import Batch, Mixed
from striate.errors import StriateError
from striate.models.auxiliary import WithAuxiliary
from striate.preprocess.preprocessing import Preprocessing
from striate.tasks.answers import Context
from striate.tasks.classify.decode import decode_scores, leading_classes
from striate.tasks.classify.step import ClassifyStep, shares
from striate.tasks.classify.task import CLASSIFY

SPEC = Preprocessing((2, 2), 1, (0.0,), (1.0,))


def batch(labels):
    pictures = torch.tensor([[[[0, 255], [0, 0]]], [[[255, 255], [255, 255]]]], dtype=torch.uint8)
    return Batch(pictures, torch.arange(2), labels)


def test_one_output_is_decoded_as_two_logits():
    assert decode_scores(torch.tensor([[3.0], [-1.0]])).tolist() == [[0.0, 3.0], [0.0, -1.0]]


def test_training_smooths_and_evaluation_does_not():
    network = nn.Sequential(nn.Flatten(), nn.Linear(4, 3))
    step = ClassifyStep(network, SPEC, 0.5)
    smoothed = step(batch(torch.tensor([0, 1]))).total
    judged = step.eval()(batch(torch.tensor([0, 1])))
    expected = nn.functional.cross_entropy(judged.outputs, torch.tensor([0, 1]))
    assert judged.losses.total.item() == pytest.approx(expected.item(), rel=1e-6)
    assert smoothed.item() != pytest.approx(expected.item(), rel=1e-3)


@pytest.mark.parametrize("outputs", [1, 2, 3])
def test_mixed_pictures_are_compared_with_both_labels_in_training_only(outputs):
    network = nn.Sequential(nn.Flatten(), nn.Linear(4, outputs))
    step = ClassifyStep(network, SPEC, 0.1)
    own, partner, weights = torch.tensor([0, 1]), torch.tensor([1, 1]), torch.tensor([0.75, 0.4])
    mixed = batch(own)
    mixed.mixed = Mixed(partner, weights)
    scores = decode_scores(network(mixed.pictures / 255))
    smoothed = [
        nn.functional.cross_entropy(scores, labels, reduction="none", label_smoothing=0.1)
        for labels in (own, partner)
    ]
    expected = (weights * smoothed[0] + (1 - weights) * smoothed[1]).mean().item()
    assert step(mixed).total.item() == pytest.approx(expected, rel=1e-5)
    plain = step.eval()(mixed).losses.total.item()
    assert plain == pytest.approx(nn.functional.cross_entropy(scores, own).item(), rel=1e-5)


def test_shares_add_up_also_where_both_labels_are_the_same():
    found = shares(torch.tensor([2, 1]), Mixed(torch.tensor([0, 1]), torch.tensor([0.75, 0.3])), 3)
    assert torch.allclose(found, torch.tensor([[0.25, 0.0, 0.75], [0.0, 1.0, 0.0]]))


class TwoInnerHeads(nn.Module):
    """Constant logits: in training mode two auxiliary heads more, each with weight 0.3."""

    def forward(self, images):
        rows = torch.ones(len(images), 1)
        logits = rows * torch.tensor([0.0, 1.0])
        if not self.training:
            return logits
        return WithAuxiliary(logits, (rows * torch.tensor([2.0, 0.0]), rows * torch.tensor([0.0, 0.0])), 0.3)


def test_auxiliary_heads_add_their_weighted_losses_in_training_only():
    step = ClassifyStep(TwoInnerHeads(), SPEC, 0.0)
    total = step(batch(torch.tensor([0, 0]))).total.item()
    main, first, second = math.log(1 + math.e), math.log(1 + math.exp(-2)), math.log(2)
    assert total == pytest.approx(main + 0.3 * (first + second), rel=1e-6)
    judged = step.eval()(batch(torch.tensor([0, 0])))
    assert judged.losses.total.item() == pytest.approx(main, rel=1e-6)
    assert judged.outputs.tolist() == [[0.0, 1.0], [0.0, 1.0]]


def test_the_metric_counts_over_all_batches():
    context = Context(("a", "b"), SPEC)
    network = nn.Sequential(nn.Flatten(), nn.Linear(4, 2))
    with torch.no_grad():
        network[1].weight.copy_(torch.tensor([[0.0, 0, 0, 0], [0, 0, 1, 0]]))
        network[1].bias.copy_(torch.tensor([0.5, 0.0]))
    metric = CLASSIFY.metric(context)
    step = ClassifyStep(network, SPEC, 0.0).eval()
    for labels in (torch.tensor([0, 1]), torch.tensor([0, 0])):  # answers are 0 and 1
        with torch.no_grad():
            metric.update(step(batch(labels)), batch(labels))
    assert metric.compute()["accuracy"] == 0.75


def test_pictures_without_labels_are_refused():
    step = ClassifyStep(nn.Sequential(nn.Flatten(), nn.Linear(4, 2)), SPEC, 0.0)
    with pytest.raises(StriateError, match="have no labels"):
        step(batch(None))


@given(st.lists(st.lists(st.integers(0, 6), min_size=7, max_size=7), max_size=4), st.integers(1, 9))
def test_leading_classes_are_the_largest_and_of_equal_ones_the_first(rows, top):
    values, columns = leading_classes(torch.tensor(rows, dtype=torch.float64).view(-1, 7), top)
    for row, value, column in zip(rows, values.tolist(), columns.tolist(), strict=True):
        expected = sorted(range(7), key=lambda index: (-row[index], index))[:top]
        assert column == expected
        assert value == [row[index] for index in expected]
