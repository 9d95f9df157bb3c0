"""Labels that are one word written in two ways, or a word for no label, are named; others are not."""

from pathlib import Path

import pytest
from PIL import Image

from striate.data.audit.audit import audit, look
from striate.data.audit.odd_labels import odd_labels
from striate.data.datasets.recognise import open_dataset
from striate.reports.check import check_html


def table(folder: Path, *labels: str) -> Path:
    lines = ["image,label"]
    for number, label in enumerate(labels):
        Image.new("L", (8, 8), number).save(folder / f"{number}.png")
        lines.append(f'{number}.png,"{label}"')
    (folder / "t.csv").write_text("\n".join(lines), encoding="utf-8")
    return folder / "t.csv"


@pytest.mark.parametrize(
    ("labels", "odd", "words"),
    [
        (("Cat", "cat", "dog"), ("Cat", "cat"), "differ only in case"),
        (("ice cream", "icecream", "dog"), ("ice cream", "icecream"), "differ only in spaces"),
        (("cat\u200b", "cat", "dog"), ("cat", "cat\u200b"), "cannot be seen"),
        (("1", "1.0", "2"), ("1", "1.0"), "are the same number"),
        (("Ice Cream", "icecream", "dog"), ("Ice Cream", "icecream"), "case and spaces"),
        (("nan", "cat"), ("nan",), "says that there is no label"),
        (("N/A", "cat"), ("N/A",), "says that there is no label"),
    ],
)
def test_odd_labels_are_named(tmp_path: Path, labels, odd, words: str):
    (found,) = odd_labels(open_dataset(table(tmp_path, *labels)))
    assert found.labels == odd and words in found.reason
    assert found.pictures == (1,) * len(odd)


def test_words_for_nothing_in_two_spellings_are_named_for_both(tmp_path: Path):
    found = odd_labels(open_dataset(table(tmp_path, "None", "none", "cat")))
    assert [one.labels for one in found] == [("None", "none")] * 2


@pytest.mark.parametrize(
    "labels", [("A", "a", "b"), ("10", "1.5", "1"), ("Maße", "Masse"), ("none left", "x")]
)
def test_labels_that_differ_are_left_alone(tmp_path: Path, labels):
    assert odd_labels(open_dataset(table(tmp_path, *labels))) == ()


def test_check_counts_them_and_says_them_in_json_and_on_the_page(tmp_path: Path):
    dataset = open_dataset(table(tmp_path, "Cat", "cat", "dog"))
    found = audit(dataset)
    problems = found.to_dict()["problems"]
    reason = "differ only in case: each is a class of its own"
    assert problems["odd_labels"] == [{"labels": ("Cat", "cat"), "pictures": (1, 1), "reason": reason}]
    assert reason in check_html(dataset, look(dataset), found)
