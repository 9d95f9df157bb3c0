"""`--flips`: whether a run may be asked about mirror images of pictures."""

from striate.errors import StriateError
from striate.runs.record import RunRecord


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
