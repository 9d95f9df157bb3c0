"""Plain sentences about a scene: what there is, and where."""

import re
from collections.abc import Sequence
from itertools import pairwise

from striate.data.composing.scene import Scene

MOST = 5  # sentences about one scene, as COCO has
WORDS = 6  # of a phrase; a longer caption of a cut-out tells a story
_PHRASE = re.compile(r"(An?|The|Some) [\w' -]+\.?")
_PLURALS = ("people", "children", "men", "women", "mice", "geese", "sheep", "cattle")


def phrase_of(caption: str | None, label: str) -> str:
    """How a sentence calls a thing: its own caption if that only names it ("A frog."), else by its class."""
    text = " ".join((caption or "").split())
    if _PHRASE.fullmatch(text) and len(text.split()) <= WORDS:
        text = text.rstrip(".")
        return text[0].lower() + text[1:]
    name = " ".join(label.replace("_", " ").split())
    if (name.endswith("s") and not name.endswith("ss")) or name.lower() in _PLURALS:
        return f"one of the {name}"
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"


def captions_of(scene: Scene) -> tuple[str, ...]:
    """One to five sentences. They are true for the middles of the boxes."""
    names = _told_apart(scene.phrases)
    if not names:
        return ("There is nothing but the background.",)
    found = [f"There is {_joined(names)}."]
    size = scene.picture.shape[2]
    middles = [((x1 + x2) / 2 / size, (y1 + y2) / 2 / size) for x1, y1, x2, y2 in scene.boxes.tolist()]
    whole = list(zip(names, middles, strict=True))
    for (first, (x, y)), (second, (u, v)) in pairwise(whole):
        if max(abs(x - u), abs(y - v)) < 0.1:
            continue
        if abs(x - u) >= abs(y - v):
            relation = f"to the {'left' if x < u else 'right'} of"
        else:
            relation = "above" if y < v else "below"
        found.append(f"{_capital(first)} is {relation} {second}.")
    found += [f"{_capital(name)} is {_region(x, y)}." for name, (x, y) in whole]
    return tuple(found[:MOST])


def _told_apart(phrases: Sequence[str]) -> list[str]:
    """A frog, another frog."""
    seen: set[str] = set()
    names = []
    for phrase in phrases:
        many = phrase.startswith("one of the ")
        noun = re.sub(r"^(one of the|an?|the|some) ", "", phrase)
        names.append(phrase if phrase not in seen else f"another {'of the ' if many else ''}{noun}")
        seen.add(phrase)
    return names


def _joined(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _region(x: float, y: float) -> str:
    down = "top" if y < 1 / 3 else "bottom" if y > 2 / 3 else ""
    across = "left" if x < 1 / 3 else "right" if x > 2 / 3 else ""
    if not down and not across:
        return "in the middle of the picture"
    where = " ".join(word for word in (down, across) if word)
    return f"at the {where} of the picture"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
