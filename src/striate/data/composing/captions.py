"""Plain sentences about a scene: what there is, and where."""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from striate.data.composing.scene import Scene

MOST = 5  # sentences about one scene, as COCO has
WORDS = 6  # of a phrase; a longer caption of a cut-out tells a story
_PHRASE = re.compile(r"(An?|The|Some) [\w' ,“”‘’\"-]+")
_ASIDE = re.compile(r"\s*\([^)]*\)")  # "A nickel (5 cents)."
_SENTENCE_END = re.compile(r"(?<=\w{3})\.|[!?:;–—]")  # but not in "A St. Bernard dog."
_STATES = re.compile(r" (is|are|was|were|has|have|had|can|will|lets|makes)\b.*")  # "A pudding is eaten..."
_TELLS_MORE = re.compile(r"(,| (called|like|from|for|that|which|who|whose|made|making|used|with)\b).*")
_NAMED = re.compile(
    r"([A-Z][\w'-]+(?: [A-Z][\w'-]+)*)\s*[—–,] ?(?:the|an?|one|our)\b"
)  # "Jupiter—the largest..."
_PLURALS = ("people", "children", "men", "women", "mice", "geese", "sheep", "cattle")
_COUNTED = ("third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")


def phrase_of(caption: str | None, label: str) -> str:
    """How a sentence calls a thing: as its own caption if that names it, else by its class.

    Of a longer caption the beginning that names the thing is taken: "A spiny lobster, from the Hawaiian
    islands." is "a spiny lobster". Where things have captions, their classes are kinds and no names: what has
    one that names nothing ("Eat your broccoli!") is "an object of the class food", not "a food".
    """
    text = " ".join((caption or "").split())
    found = _named_by(text)
    if found is not None:
        return found
    name = " ".join(label.replace("_", " ").split())
    if (name.endswith("s") and not name.endswith("ss")) or name.lower() in _PLURALS:
        return f"one of the {name}"
    if text:
        return f"an object of the class {name}"
    return f"{_article(name)} {name}"


def _named_by(caption: str) -> str | None:
    named = _NAMED.match(caption)
    if named is not None:
        return named[1]
    text = _STATES.sub("", _SENTENCE_END.split(_ASIDE.sub("", caption).rstrip("."))[0]).strip()
    if len(text.split()) > WORDS:
        text = _TELLS_MORE.sub("", text).strip()
    if not _PHRASE.fullmatch(text) or not 2 <= len(text.split()) <= WORDS:
        return None
    return text[0].lower() + text[1:]


def captions_of(scene: Scene) -> tuple[str, ...]:
    """One to five sentences. They are true for the middles of the boxes."""
    names = _told_apart(scene.phrases)
    if not names:
        return ("There is nothing but the background.",)
    found = [f"There {_verb(names[0])} {_joined(names)}."]
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
        found.append(f"{_capital(first)} {_verb(first)} {relation} {second}.")
    found += [f"{_capital(name)} {_verb(name)} {_region(x, y)}." for name, (x, y) in whole]
    return tuple(found[:MOST])


def _told_apart(phrases: Sequence[str]) -> list[str]:
    """A frog, another frog, a third frog."""
    seen: Counter[str] = Counter()
    names = []
    for phrase in phrases:
        names.append(_again(phrase, seen[phrase]))
        seen[phrase] += 1
    return names


def _again(phrase: str, times: int) -> str:
    """A phrase for one more thing that is called so; `times` are before it."""
    if times == 0:
        return phrase
    many = phrase.startswith("one of the ")
    noun = re.sub(r"^(one of the|an?|the|some) ", "", phrase)
    if times == 1:
        kind = "of the " if many else "lot of " if phrase.startswith("some ") else ""
        return f"another {kind}{noun}"
    noun = f"one of the {noun}" if many else f"lot of {noun}" if phrase.startswith("some ") else noun
    if times - 2 < len(_COUNTED):
        counted = _COUNTED[times - 2]
        return f"{_article(counted)} {counted} {noun}"
    return f"{noun} number {times + 1}"


def _verb(name: str) -> str:
    return "are" if name.startswith("some ") and name.endswith("s") else "is"


def _article(word: str) -> str:
    return "an" if word[:1].lower() in "aeiou" else "a"


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
