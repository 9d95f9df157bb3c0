"""What every reader of captions shares: sentences as text, and pictures with all of theirs."""

from collections.abc import Mapping, Sequence

from striate.data.dataset import Item, Part
from striate.data.paths.files import natural
from striate.data.sample import Truth

LONGEST = 10_000  # characters of a caption


def sentence(text: str) -> str:
    """A caption on one line; empty where there is none.

    Raises:
        ValueError: it is too long, or no UTF-8.
    """
    words = " ".join(text.split())
    if len(words) > LONGEST:
        raise ValueError(f"a caption has {len(words):,} characters; at most {LONGEST:,} are read")
    if any("\ud800" <= sign <= "\udfff" for sign in words):
        raise ValueError("a caption is not UTF-8 text; save the file as UTF-8")
    return words


def captioned(found: Mapping[str, Sequence[str]], parts: Mapping[str, Part | None]) -> list[Item]:
    """Items in the order of their names; a picture without a caption is one whose captions are not known."""
    return [
        Item(name, Truth(captions=tuple(found[name]) or None), parts[name])
        for name in sorted(found, key=natural)
    ]
