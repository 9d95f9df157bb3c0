"""The kinds of problems, worst first: what they are called, what they mean, and what to do."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Section:
    """One kind of problem.

    Attributes:
        kind: its key in `Problems`.
        title: the heading on the page.
        one: an entry; `many` several.
        brief: what it means, for a terminal.
        meaning: what it means and what to do, for the page.
        shown: a list of files whose pictures are worth seeing.
    """

    kind: str
    title: str
    one: str
    many: str
    brief: str
    meaning: str
    shown: bool = False


SECTIONS = (
    Section(
        "annotations",
        "Boxes and points that cannot be used as they are",
        "wrong annotation",
        "wrong annotations",
        "boxes clipped or left out, or what the task cannot learn from",
        "Boxes that reach outside of their picture are clipped, and those without a place in it are left "
        "out; of landmarks every picture has the same number. Mend them in the file that lists them.",
    ),
    Section(
        "leaks",
        "The same picture in two parts",
        "picture in two parts",
        "pictures in two parts",
        "exact copies: figures on the test part will be too good",
        "Exact copies on both sides of the split. A network is then measured on what it has learned "
        "by heart, and its figures are too good. Remove one of them; --clean-list keeps the one that "
        "measures.",
    ),
    Section(
        "near_leaks",
        "Look-alikes in two parts",
        "look-alike in two parts",
        "look-alikes in two parts",
        "not the same file, but the same picture or nearly: figures will be too good",
        "Not the same file, but the same picture resized, compressed, mirrored, turned, recoloured or"
        " cropped a little, or a neighbouring frame. It leaks almost as an exact copy does. Look "
        "whether they are one picture; --clean-list leaves the training one out.",
    ),
    Section(
        "label_conflicts",
        "The same picture under two labels",
        "picture under two labels",
        "pictures under two labels",
        "exact copies: decide for one label",
        "Exact copies in different classes: one label is wrong, or the classes overlap. Decide for "
        "one; until then --clean-list leaves all copies out.",
    ),
    Section(
        "near_label_conflicts",
        "Look-alikes under two labels",
        "look-alike under two labels",
        "look-alikes under two labels",
        "look which label is right, or whether they only look alike",
        "Pictures that look the same at a small size and have different labels. Either a label is "
        "wrong, or what tells them apart is smaller than this comparison sees.",
    ),
    Section(
        "mislabelled",
        "Labels that the run doubts",
        "label that the run doubts",
        "labels that the run doubts",
        "the surest doubt first; what the run was trained on it has learned, so there it doubts less",
        "The run's network is sure of another class, the surest first. It may be wrong: look. The "
        "label of a picture from the run's training part was learned, so there it doubts too little; "
        "a picture that the run had in its validation or test part, or never, is the better witness.",
    ),
    Section(
        "odd_labels",
        "Odd labels",
        "odd label",
        "odd labels",
        "each is a class: give one name to what is one class",
        "Labels that differ only in case, in spaces or in how a number is written, and labels that say that "
        "there is none. Each is a class of its own. Give one name to what is meant as one class, and leave "
        "out pictures without a label.",
    ),
    Section(
        "unreadable",
        "Unreadable files",
        "unreadable file",
        "unreadable files",
        "no picture can be had; training skips them",
        "No picture can be had of them; training skips them.",
    ),
    Section(
        "damaged",
        "Damaged files",
        "damaged file",
        "damaged files",
        "used all the same; train --strict refuses them",
        "This is what could be read. They are used; --strict leaves them out.",
        shown=True,
    ),
    Section(
        "small_classes",
        "Classes too small to split",
        "class too small to split",
        "classes too small to split",
        "fewer than 3 different pictures: it only trains, nothing is measured on it",
        "Fewer than three different pictures: such a class only trains, and nothing is measured on it.",
    ),
    Section(
        "duplicates",
        "Exact copies",
        "group of exact copies",
        "groups of exact copies",
        "a split that Striate makes keeps them on one side",
        "The same content under several names. A split that Striate makes keeps them on one side.",
    ),
    Section(
        "near_duplicates",
        "Look-alikes",
        "group of look-alikes",
        "groups of look-alikes",
        "resized, recompressed, mirrored, turned, recoloured or cropped; kept on one side of a split",
        "Pictures that look the same at a small size, whatever their colours, turned or mirrored too;"
        " of exact copies only the first is shown. A split that Striate makes keeps a group on one "
        "side.",
    ),
    Section(
        "blank",
        "Blank pictures",
        "blank picture",
        "blank pictures",
        "nearly one colour: nothing to learn from",
        "Nearly one colour: there is nothing to learn from.",
        shown=True,
    ),
    Section(
        "wrong_extension",
        "Misleading file names",
        "misleading file name",
        "misleading file names",
        "the content counts, so nothing is lost",
        "The content decides how a file is read, so nothing is lost here; other programs may stumble.",
    ),
    Section(
        "odd_sizes",
        "Odd sizes",
        "odd size",
        "odd sizes",
        "far from the others: a thumbnail, a strip, a wrong export?",
        "Far from the other pictures in size or proportions: a thumbnail, a strip, a wrong export? A "
        "hint, not counted as a problem.",
        shown=True,
    ),
)
