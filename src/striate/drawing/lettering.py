"""Letters on pictures: Pillow's own font, then DejaVu Sans, which comes with Striate; others for the rest.

Pillow's font knows English and a few more letters, DejaVu Sans all of Latin, Greek and Cyrillic: with these
two every machine draws the same. A line in another script is written in the first of the system's fonts that
knows most of it (decision 0018-lettering). What no font knows loses its accent or is written as its code,
such as U+732B: never as an empty box.
"""

import unicodedata
from functools import cache
from pathlib import Path
from typing import Any

from PIL import ImageDraw, ImageFont, features

BUNDLED = str(Path(__file__).with_name("fonts") / "DejaVuSans.ttf")
# By file name, as they are tried: wide ones, then Chinese, Japanese and Korean, then others.
SYSTEM_FONTS = (
    *("NotoSans-Regular", "arial", "Arial Unicode", "LiberationSans-Regular"),
    *("NotoSansCJK-Regular", "wqy-microhei", "wqy-zenhei", "DroidSansFallbackFull", "msyh", "PingFang"),
    *("Hiragino Sans GB", "YuGothM", "malgun", "AppleSDGothicNeo", "NotoSansArabic-Regular", "segoeui"),
    *("NotoSansHebrew-Regular", "NotoSansDevanagari-Regular", "NotoSansThai-Regular", "Nirmala", "tahoma"),
    *("NotoEmoji-Regular", "Symbola", "seguisym", "Apple Symbols"),
)
NOTE = "U+ and a number, or a name in colons, stands for a letter or sign that no font here has."
NOWHERE = "\U0010ffff"  # no font has a glyph for it
PROBE = 24  # pixels at which glyphs are compared
SPELLED = {
    "ß": "ss",
    "æ": "ae",
    "œ": "oe",
    "ø": "o",
    "ł": "l",
    "đ": "d",
    "µ": "u",
    "×": "x",
    "–": "-",
    "—": "-",
}
JOINERS = ("\u200d", "\ufe0e", "\ufe0f")  # how an emoji is put together; on its own each part is one


def text_width(text: str, size: int) -> int:
    """Pixels that `text` takes in letters of `size` pixels."""
    shown = drawable(text)
    letters = _font(_font_name(shown), size)
    return round(float(letters.getlength(shown, direction=_direction(letters))))


def fitted(text: str, size: int, width: int) -> str:
    """The text on one line of at most `width` pixels, cut with an ellipsis where it is longer."""
    line = " ".join(drawable(text).split())
    if text_width(line, size) <= width:
        return line
    short, long = 0, len(line)  # so many letters fit, so many do not
    while long - short > 1:
        middle = (short + long) // 2
        if text_width(line[:middle].rstrip() + "…", size) <= width:
            short = middle
        else:
            long = middle
    return line[:short].rstrip() + "…"


def write(
    pen: ImageDraw.ImageDraw,
    place: tuple[int, int],
    text: str,
    size: int,
    colour: tuple[int, int, int],
    anchor: str = "la",
) -> None:
    """Write one line; `anchor` is Pillow's: `la` starts at the left top, `mm` is centred.

    Lines in different fonts stand on the same baseline.
    """
    shown = drawable(text)
    if anchor[1] == "a":  # from the top of Pillow's font to the baseline, which all fonts share
        place, anchor = (place[0], place[1] + _font(None, size).getmetrics()[0]), f"{anchor[0]}s"
    letters = _font(_font_name(shown), size)
    direction = _direction(letters)
    pen.text(place, shown, font=letters, fill=colour, anchor=anchor, direction=direction)


def drawable(text: str) -> str:
    """The text with codes for what cannot be drawn; what can be drawn stays as it is."""
    plain = _plain(text)
    name = _font_name(plain)
    if all(_knows(name, sign) for sign in plain):
        return plain
    pieces = [sign if _knows(name, sign) else _spelled(sign) or f" {_code(sign)} " for sign in plain]
    return " ".join("".join(pieces).split())


def has_codes(text: str) -> bool:
    """Whether `drawable` has to write codes for some of it: then a figure should say what they are."""
    plain = _plain(text)
    name = _font_name(plain)
    return any(not _knows(name, sign) and not _spelled(sign) for sign in plain)


def _plain(text: str) -> str:
    signs = [sign for sign in unicodedata.normalize("NFC", text) if sign not in JOINERS]
    return "".join(" " if unicodedata.category(sign) == "Zs" else sign for sign in signs)


def _spelled(sign: str) -> str:
    """A letter in letters that every font has, such as u for u with an accent; else an empty text."""
    plain = SPELLED.get(sign) or "".join(
        part for part in unicodedata.normalize("NFKD", sign) if not unicodedata.category(part).startswith("M")
    )
    return plain if plain.isascii() and plain.isprintable() else ""


def _direction(letters: Any) -> str | None:
    """Lines run from left to right, also those that begin with an Arabic word."""
    return "ltr" if letters.layout_engine == ImageFont.Layout.RAQM else None


def _code(sign: str) -> str:
    name = unicodedata.name(sign, "")
    if unicodedata.category(sign) == "So" and name and len(name) < 30:
        return f":{name.lower()}:"
    return f"U+{ord(sign):04X}"


def _font_name(text: str) -> str | None:
    """The font that knows most of a line, the first of equals; None is Pillow's own."""
    signs = set(text)
    if all(_knows(None, sign) for sign in signs):
        return None
    names: list[str | None] = [None, BUNDLED, *_system_fonts()]
    return min(names, key=lambda name: sum(not _knows(name, sign) for sign in signs))


@cache
def _knows(name: str | None, sign: str) -> bool:
    """Whether a font draws a sign as it is read: with a glyph of its own, from right to left if need be."""
    kind = unicodedata.category(sign)
    if kind in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"):
        return False
    if sign == " ":
        return True
    joined = kind.startswith("M") or unicodedata.bidirectional(sign) in ("R", "AL")
    if joined and (name is None or not features.check("raqm")):
        return False
    letters = _font(name, PROBE)
    return bytes(letters.getmask(sign)) != bytes(letters.getmask(NOWHERE))


@cache
def _system_fonts() -> tuple[str, ...]:
    """Those of `SYSTEM_FONTS` that this machine has."""
    found = []
    for name in SYSTEM_FONTS:
        try:
            ImageFont.truetype(name, PROBE)
        except OSError:
            continue
        found.append(name)
    return tuple(found)


@cache
def _font(name: str | None, size: int) -> Any:
    return ImageFont.load_default(size) if name is None else ImageFont.truetype(name, size)
