"""How numbers and strangers' names stand in a sentence."""

import unicodedata

# They change the order in which a terminal shows the letters around them.
_DIRECTION_MARKS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def counted(value: int, one: str, many: str = "") -> str:
    """1 picture, 2 pictures; `many` where an s is not enough."""
    return f"{value:,} {one if value == 1 else many or one + 's'}"


def one_line(name: str) -> str:
    r"""A name that cannot steer a terminal: line breaks, control characters and direction marks appear as
    Python escapes them, as `\x1b` and `\u202e`. Everything else, in any script, stays as it is."""
    if name.isprintable():  # no such sign is printable
        return name
    return "".join(sign.encode("unicode_escape").decode() if _steers(sign) else sign for sign in name)


def _steers(sign: str) -> bool:
    return sign in _DIRECTION_MARKS or unicodedata.category(sign) in ("Cc", "Zl", "Zp")


def composed(text: str) -> str:
    """The text in Unicode's composed form, in which é is one sign: what people see as one name is one."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def listed(names: list[str], most: int = 5) -> str:
    """a, b, c and 4 more; each on one line."""
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(one_line(name) for name in names[:most]) + more


def percent(share: float | None) -> str:
    """98.87 %; 100 only if it is; a dash for what was not measured."""
    if share is None:
        return "-"
    shown = f"{100 * share:.2f}"
    return (
        "99.99 %"
        if shown == "100.00" and share < 1
        else f"{shown} %".replace(".00 %", " %" if share == 1 else ".00 %")
    )


def probability(value: float) -> str:
    """How every answer's probability stands before people: 97.1 %, >99.9 %, <0.1 %.

    Nothing is shown as 100 % or as 0 %: no network is so sure. JSON and tables have all digits.
    """
    if value >= 0.9995:
        return ">99.9 %"
    return "<0.1 %" if value < 0.0005 else f"{100 * value:.1f} %"
