"""How numbers and strangers' names stand in a sentence."""

import unicodedata


def counted(value: int, one: str, many: str = "") -> str:
    """1 picture, 2 pictures; `many` where an s is not enough."""
    return f"{value:,} {one if value == 1 else many or one + 's'}"


def one_line(name: str) -> str:
    """A name without line breaks and other control characters: these appear as Python escapes them."""
    return "".join(
        sign.encode("unicode_escape").decode() if unicodedata.category(sign) in ("Cc", "Zl", "Zp") else sign
        for sign in name
    )


def composed(text: str) -> str:
    """The text in Unicode's composed form, in which é is one sign: what people see as one name is one."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def listed(names: list[str], most: int = 5) -> str:
    """a, b, c and 4 more; each on one line."""
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(one_line(name) for name in names[:most]) + more
