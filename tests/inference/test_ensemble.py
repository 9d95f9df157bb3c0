"""Several runs as one: the mean of probabilities, classes by name."""

from dataclasses import replace

import pytest
import torch

import striate
from striate.actions.load import load
from striate.errors import StriateError
from striate.inference.ensemble import Ensemble


@pytest.fixture(scope="module")
def member(digits_run):
    return load(digits_run)


def test_one_member_answers_as_the_network_alone(member, digits, digits_run):
    pictures = sorted((digits / "digit 1").iterdir())[:3]
    alone, together = member.predict(pictures), striate.load([digits_run]).predict(pictures)
    assert [one.top for one in together] == [one.top for one in alone]
    assert striate.load([digits_run]).predict(pictures[0]).label == alone[0].label


def test_the_answer_is_the_mean_of_calibrated_probabilities_by_name(member, digits):
    turned = replace(
        member, labels=member.labels[::-1], calibration={"temperature": 3.0}
    )  # says digit 0 where it sees a 2
    picture = member.fit(digits / "digit 0/003.png")
    scores = member.outputs(picture.picture[None])[0][0].double()
    first = torch.softmax(scores / member.calibration["temperature"], 0)
    second = torch.softmax(scores / 3.0, 0).flip(0)
    (found,) = Ensemble((member, turned)).answers([(picture, picture)])
    mean = dict(zip(member.labels, ((first + second) / 2).tolist(), strict=True))
    assert dict(found.top) == pytest.approx(mean)


def test_members_with_other_classes_are_refused_by_name(member):
    with pytest.raises(StriateError, match="cat, digit 2 are in one only of network 2"):
        Ensemble((member, replace(member, labels=("digit 0", "digit 1", "cat"))))
    with pytest.raises(StriateError, match="ensemble of no runs"):
        striate.load([])


def test_each_member_reads_the_picture_in_its_own_way(member, digits):
    small = replace(member, preprocessing=replace(member.preprocessing, size_hw=(14, 14)))
    picture = torch.zeros(1, 40, 40, dtype=torch.uint8)
    own = tuple(member.preprocessing.size_hw)
    assert [tuple(one.picture.shape[1:]) for one in Ensemble((member, small)).fit(picture)] == [own, (14, 14)]
