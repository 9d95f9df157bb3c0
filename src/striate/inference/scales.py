"""`--scales`: the middle of a picture, enlarged, is asked about too.

Source: Simonyan and Zisserman, "Very Deep Convolutional Networks", ICLR 2015, arXiv:1409.1556, section 3.2
Differs: the network's side stays, so that every engine can do it; scores are averaged, not probabilities.
"""

from collections.abc import Sequence

from striate.errors import StriateError
from striate.shapes import Pictures

LARGEST = 4.0


def checked(scales: Sequence[float]) -> tuple[float, ...]:
    """The scales as a tuple. Raises StriateError where one is not above 1 or over 4."""
    for scale in scales:
        if not 1 < scale <= LARGEST:
            raise StriateError(
                f"a scale of {scale:g} is not possible: give numbers above 1 and up to {LARGEST:g}, such as "
                "1.15,1.3; the picture as it is counts in any case."
            )
    return tuple(float(scale) for scale in scales)


def parse_scales(text: str | None) -> tuple[float, ...]:
    """`1.15,1.3` as numbers. Raises StriateError where something is no number."""
    try:
        return checked([float(one) for one in text.split(",")] if text else ())
    except ValueError as error:
        raise StriateError(f"--scales {text} is not numbers with commas, such as 1.15,1.3.") from error


def enlarged(pictures: Pictures, scale: float) -> Pictures:
    """The middle 1/`scale` of each side at the pictures' size."""
    from torchvision.transforms.v2 import functional as geometry  # slow to import, so only when asked

    height, width = pictures.shape[2:]
    inner = [max(1, round(height / scale)), max(1, round(width / scale))]
    found: Pictures = geometry.resize(geometry.center_crop(pictures, inner), [height, width], antialias=True)
    return found
