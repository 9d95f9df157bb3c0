"""`--flips` and `--scales`: a network is asked about several views of every picture, its outputs are merged.

Source: Simonyan and Zisserman, "Very Deep Convolutional Networks", ICLR 2015, arXiv:1409.1556, section 3.2
Differs: the network's side stays, so that every engine can do it; scores are averaged, not probabilities.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from striate.errors import StriateError
from striate.runs.record import RunRecord
from striate.shapes import Pictures

LARGEST = 4.0


@dataclass(frozen=True, slots=True)
class Views:
    """What is asked about besides every picture as it is.

    Attributes:
        flips: its mirror image.
        scales: its middle, enlarged so many times.
    """

    flips: bool = False
    scales: tuple[float, ...] = ()

    @classmethod
    def of(cls, flips: bool, scales: Sequence[float]) -> "Views":
        """The views. Raises StriateError where a scale is not above 1 or over 4."""
        return cls(flips, checked(scales))

    @property
    def several(self) -> bool:
        """Whether there is more than the picture as it is."""
        return self.flips or bool(self.scales)

    def shown(self, pictures: Pictures) -> list[Pictures]:
        """The pictures as they are, then enlarged, then all of these mirrored."""
        found = [pictures, *(enlarged(pictures, scale) for scale in self.scales)]
        return found + [view.flip(3) for view in found] if self.flips else found


PLAIN = Views()


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


def require_mirrored(record: RunRecord) -> None:
    """Refuse mirror images for a run that never learned from any: a mirrored 2 is no 2.

    Its augmentation decides; where pictures were not changed at all, the weights that it started from, as
    those of the catalogue were trained with mirror images.

    Raises:
        StriateError: the run did not learn from mirror images.
    """
    found = record.config.resolved
    ranges = found.augmentation_ranges
    if ranges is None:
        mirrored = (found.weights or "random") != "random" and found.parent is None
    else:
        geometry = ranges.get("geometry")
        mirrored = isinstance(geometry, dict) and bool(geometry.get("mirror"))
    if not mirrored:
        raise StriateError(
            f"{record.folder.path} learned from no mirror images (augmentation '{found.augmentation}'), so "
            "it is not asked about any. Leave out --flips, or train with mirror images: --augment photo."
        )
