"""Whether two data sets are the same: a digest of every picture, and one fingerprint of all of it."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import fields

from torch import Tensor

from striate.data.dataset import BadPicture, Dataset, Item
from striate.data.sample import Truth
from striate.data.whole_truths import ReadsLater


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
    if not isinstance(dataset, ReadsLater):
        return None
    found: list[str | None] = []
    for row in range(len(dataset.items)):
        try:
            masks = dataset.later_content(row)
        except BadPicture as error:
            masks = str(error).encode()
        found.append(digest(masks) if masks else None)
    return found


def _more(truth: Truth, mask: str | None) -> list[object]:
    """What there is besides a label, each with its name."""
    found: list[object] = []
    for field in fields(truth):
        values = getattr(truth, field.name)
        if isinstance(values, Tensor):
            found.append([field.name, list(values.shape), digest(values.contiguous().numpy().tobytes())])
        elif values is not None and field.name != "label":  # which stands in the line already
            found.append([field.name, values])
    return found if mask is None else [*found, ["masks read later", mask]]
