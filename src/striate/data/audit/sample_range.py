"""16-bit pictures that use a part of their range only, as of cameras with 10 bits: almost black in 8 bits."""

from collections.abc import Sequence

from striate.data.decoding.deep_samples import WHITE
from striate.data.scan import Scanned
from striate.data.wording import counted


def unused_range(rows: Sequence[Scanned], white: int = WHITE) -> str | None:
    """What is lost where no 16-bit picture uses the upper half of its range, and what to do; None if nothing.

    Args:
        rows: what the pictures turned out to be.
        white: the sample that was taken for white.
    """
    found = [row.highest for row in rows if row.highest is not None]
    if not found:
        return None
    most, pictures = max(found), counted(len(found), "16-bit picture")
    if most > white:
        return f"{pictures} with samples up to {most:,}: all above --white {white:,} are white"
    if white < WHITE or most > WHITE // 2 or most == 0:
        return None
    bits = most.bit_length()
    return (
        f"{pictures} with samples up to {most:,}: {most + 1:,} of {WHITE + 1:,} values are used, "
        f"and {round(most * 255 / WHITE) + 1} of 256 grey levels are left; "
        f"--white {2**bits - 1} takes them as {counted(bits, 'bit')}"
    )
