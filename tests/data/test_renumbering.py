"""Truths whose classes have other places in the network that is measured."""

import torch

from striate.data.renumbering import renumbered
from striate.data.sample import Truth

PLACES = [2, None, 0]  # of the data set's three classes; the network does not know the second


def test_every_number_of_a_class_is_replaced():
    whole = Truth(label=2, box_labels=torch.tensor([0, 2]), class_map=torch.tensor([[0, 1, 2, 255]]).byte())
    found = renumbered(whole, PLACES, ("label", "box_labels", "class_map"))
    assert found.label == 0 and found.box_labels.tolist() == [2, 0]
    assert found.class_map.tolist() == [[2, 255, 0, 255]]


def test_what_is_needed_and_has_no_place_makes_the_picture_unmeasurable():
    assert renumbered(Truth(label=1), PLACES, ("label",)) is None
    assert renumbered(Truth(box_labels=torch.tensor([0, 1])), PLACES, ("boxes", "box_labels")) is None
    assert renumbered(Truth(), PLACES, ("label",)) is None


def test_classes_of_boxes_that_nobody_reads_do_not_matter():
    whole = Truth(points=torch.zeros(1, 2), box_labels=torch.tensor([0, 1]))
    found = renumbered(whole, PLACES, ("points",))
    assert found.box_labels is None and found.points is not None


def test_an_empty_picture_stays_one():
    empty = Truth(box_labels=torch.zeros(0).long())
    assert renumbered(empty, PLACES, ("box_labels",)).box_labels.shape == (0,)
