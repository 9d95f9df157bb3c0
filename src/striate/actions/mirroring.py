"""`--flips`: whether a run may be asked about mirror images of pictures."""

from striate.errors import StriateError
from striate.runs.folder import RunFolder


def require_mirrored(folder: RunFolder) -> None:
    """Refuse mirror images for a run that never learned from any: a mirrored 2 is no 2.

    Its augmentation decides; where pictures were not changed at all, the weights that it started from, as
    those of the catalogue were trained with mirror images.

    Raises:
        StriateError: the run did not learn from mirror images.
    """
    found = folder.read_toml("config.toml").get("resolved", {})
    ranges = found.get("augmentation_ranges")
    if ranges is None:
        mirrored = found.get("weights", "random") != "random" and found.get("parent") is None
    else:
        mirrored = bool(ranges.get("geometry", {}).get("mirror"))
    if not mirrored:
        raise StriateError(
            f"{folder.path} learned from no mirror images (augmentation '{found.get('augmentation')}'), so "
            "it is not asked about any. Leave out --flips, or train with mirror images: --augment photo."
        )
