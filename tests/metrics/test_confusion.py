"""The confusion matrix counted in Python, and figures by scikit-learn's definitions worked out by hand."""

import pytest
import torch

from striate.metrics.confusion import confusion_matrix, macro_f1, per_class


def test_rows_are_truth_and_columns_answers():
    labels, answers = torch.tensor([0, 0, 1, 2, 2, 2]), torch.tensor([0, 1, 1, 0, 2, 2])
    expected = [
        [
            sum((t, a) == (i, j) for t, a in zip(labels.tolist(), answers.tolist(), strict=True))
            for j in range(3)
        ]
        for i in range(3)
    ]
    assert confusion_matrix(labels, answers, 3).tolist() == expected == [[1, 1, 0], [0, 1, 0], [1, 0, 2]]


def test_precision_recall_and_f1_by_hand():
    first = per_class(torch.tensor([[1, 1, 0], [0, 1, 0], [1, 0, 2]]))[0]
    assert (first.pictures, first.precision, first.recall, first.f1) == (2, 0.5, 0.5, 0.5)


def test_a_class_without_pictures_is_left_out_of_the_mean():
    figures = per_class(torch.tensor([[2, 0, 0], [0, 2, 0], [0, 0, 0]]))
    assert macro_f1(figures) == 1
    assert (figures[2].precision, figures[2].recall) == (None, None)


def test_macro_f1_is_the_mean_of_the_classes():
    figures = per_class(torch.tensor([[3, 1], [0, 4]]))
    assert macro_f1(figures) == pytest.approx((6 / 7 + 8 / 9) / 2)
