"""Whether two data sets are the same: a digest of every picture, and one fingerprint of all of it."""

import hashlib
import json
from collections.abc import Sequence

from striate.data.dataset import BadPicture, Dataset, Item
from striate.data.sample import Truth


def digest(content: bytes) -> str:
    """16 hexadecimal digits that stand for a picture's content."""
    return hashlib.blake2b(content, digest_size=8).hexdigest()


def fingerprint(
    items: Sequence[Item],
    classes: Sequence[str],
    digests: Sequence[str | None],
    masks: Sequence[str | None] | None = None,
) -> str:
    """32 hexadecimal digits that any name, truth, part or content changes, and the order does not.

    Args:
        items: with their truths; of labels alone the digits are what they always were.
        classes: names.
        digests: of the contents.
        masks: digests of truths that stand in files of their own and are read later.
    """
    more: Sequence[str | None] = [None] * len(items) if masks is None else masks
    lines = sorted(
        json.dumps([item.name, item.truth.label, item.part, content, *_more(item.truth, mask)])
        for item, content, mask in zip(items, digests, more, strict=True)
    )
    whole = hashlib.blake2b(json.dumps(list(classes)).encode(), digest_size=16)
    for line in lines:
        whole.update(b"\n" + line.encode())
    return whole.hexdigest()


def mask_digests(dataset: Dataset) -> list[str | None] | None:
    """Digests of the masks that a data set reads later; None if it has no such."""
    content = getattr(dataset, "mask_content", None)
    if content is None:
        return None
    found: list[str | None] = []
    for row in range(len(dataset.items)):
        try:
            masks = content(row)
        except BadPicture as error:
            masks = str(error).encode()
        found.append(digest(masks) if masks else None)
    return found


def _more(truth: Truth, mask: str | None) -> list[object]:
    """What there is besides a label, each with its name."""
    found: list[object] = []
    for name in ("boxes", "box_labels", "crowd", "difficult", "masks", "points", "visible"):
        values = getattr(truth, name)
        if values is not None:
            found.append([name, list(values.shape), digest(values.contiguous().numpy().tobytes())])
    if truth.caption is not None:
        found.append(["caption", truth.caption])
    return found if mask is None else [*found, ["masks read later", mask]]
