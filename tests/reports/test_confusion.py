"""Confusions by hand on a three by three matrix."""

from striate.reports.confusion import Confused, class_rows, heat_rows, shade, square, top_confusions

LABELS = ["a", "b", "c"]
MATRIX = [[8, 2, 0], [0, 10, 0], [1, 4, 5]]


def test_confusions_come_most_frequent_first_and_without_the_diagonal():
    assert top_confusions(LABELS, MATRIX) == [
        Confused("c", "b", 4, 10),
        Confused("a", "b", 2, 10),
        Confused("c", "a", 1, 10),
    ]
    assert len(top_confusions(LABELS, MATRIX, limit=1)) == 1


def test_each_class_knows_what_it_is_taken_for():
    per_class = {
        label: {"pictures": 10, "precision": 0.5, "recall": 0.5, "f1": f1}
        for label, f1 in zip(LABELS, (0.8, 0.9, 0.6), strict=True)
    }
    rows = class_rows(per_class | {"none": {"pictures": 0, "f1": 0.0}}, LABELS, MATRIX)
    assert [row.label for row in rows] == ["c", "a", "b", "none"]
    assert rows[0].taken_for == Confused("c", "b", 4, 10)
    assert rows[2].taken_for is None


def test_shades_follow_the_share_of_the_row():
    rows = heat_rows(LABELS, MATRIX)
    assert [[cell["shade"] for cell in row["cells"]] for row in rows] == [
        ["r2", "w4", ""],
        ["", "r4", ""],
        ["w3", "w4", "r1"],
    ]
    assert shade(0.0, right=True) == ""


def test_a_matrix_that_does_not_fit_the_classes_is_none():
    assert square(LABELS, MATRIX) == MATRIX
    assert square(LABELS, MATRIX[:2]) == []
    assert square(LABELS, [[1], [2], [3]]) == []
    assert square(LABELS, None) == []
