"""The text of check: order, grammar and names, on an audit made by hand."""

from striate.cli.text.audit_text import audit_lines
from striate.data.audit.audit import Audit, Problems, SmallClass, Suspect
from striate.data.audit.odd_labels import OddLabel
from striate.data.dataset import Problem

NONE: tuple[()] = ()


def audit_with(ignored: int = 0, **lists) -> Audit:
    problems = dict.fromkeys(Problems.__slots__, NONE) | lists
    return Audit(1, {"cat": 1, "dog": 0}, {}, None, Problems(**problems), "class folders", ignored, ())


def test_one_is_singular_everywhere():
    lines = list(audit_lines(audit_with(1, unreadable=(Problem("a.png", "empty"),))))
    assert lines[0] == "class folders: 1 readable picture, 2 classes"
    assert "1 other file left out" in lines
    assert "  1  unreadable file" in lines
    assert not any("files" in line for line in lines)


def test_the_worst_comes_first_in_the_summary_and_below():
    lines = list(
        audit_lines(
            audit_with(
                odd_sizes=(Problem("o.png", "strip"),),
                duplicates=(("a", "b"), ("c", "d")),
                leaks=(("train/a", "test/a"),),
                near_leaks=(("train/x", "test/y"),),
            )
        )
    )
    begin = lines.index("found, worst first:")
    assert lines[begin + 1 : begin + 5] == [
        "  1  picture in two parts",
        "  1  look-alike in two parts",
        "  2  groups of exact copies",
        "  1  odd size",
    ]
    assert lines.index("  train/a = test/a") < lines.index("  train/x ~ test/y") < lines.index("  a = b")


def test_every_kind_of_problem_has_words():
    one_file = ("unreadable", "damaged", "wrong_extension", "blank", "odd_sizes", "annotations")
    kinds = dict.fromkeys(Problems.__slots__, (("a", "b"),))
    kinds |= {kind: (Problem("a", "reason"),) for kind in one_file}
    kinds |= {
        "mislabelled": (Suspect("m.png", "cat", "dog", 0.97, None),),
        "small_classes": (SmallClass("cat", 1),),
        "odd_labels": (OddLabel(("Cat", "cat"), (2, 1), "differ only in case"),),
    }
    lines = list(audit_lines(audit_with(**kinds)))
    assert sum(line.startswith("  1  ") for line in lines) == len(Problems.__slots__)
    assert "  m.png: labelled cat, looks like dog (97.0 %, not seen by the run)" in lines
    assert "  cat: 1 different picture" in lines
    assert "  'Cat' (2 pictures) and 'cat' (1 picture) differ only in case" in lines


def test_long_lists_are_cut_and_say_where_the_rest_is():
    lines = list(audit_lines(audit_with(duplicates=tuple((f"{k}", f"{k}b") for k in range(30)))))
    assert "  and 22 more; --json has all, --out FILE.html shows them" in lines
