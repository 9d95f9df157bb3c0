"""Whether two data sets are the same: a digest of every picture, and one fingerprint of all of it."""

import hashlib
import json
from collections.abc import Sequence

from striate.data.dataset import Item


def digest(content: bytes) -> str:
    """16 hexadecimal digits that stand for a picture's content."""
    return hashlib.blake2b(content, digest_size=8).hexdigest()


def fingerprint(items: Sequence[Item], classes: Sequence[str], digests: Sequence[str | None]) -> str:
    """32 hexadecimal digits that any name, label, part or content changes, and the order does not."""
    lines = sorted(
        json.dumps([item.name, item.truth.label, item.part, content])
        for item, content in zip(items, digests, strict=True)
    )
    whole = hashlib.blake2b(json.dumps(list(classes)).encode(), digest_size=16)
    for line in lines:
        whole.update(b"\n" + line.encode())
    return whole.hexdigest()
