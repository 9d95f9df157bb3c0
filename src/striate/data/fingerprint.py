"""Whether two data sets are the same: a digest of every picture, and one fingerprint of all of it."""

import hashlib
import json
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from striate.data.dataset import BadPicture, Dataset, Item

WORKERS = min(8, (os.cpu_count() or 1) + 2)  # more than cores: a disk's waiting overlaps


def digest(content: bytes) -> str:
    """16 hexadecimal digits that stand for a picture's content."""
    return hashlib.blake2b(content, digest_size=8).hexdigest()


def digests(dataset: Dataset) -> list[str | None]:
    """The digest of every item, None where its content cannot be read. `scan` gives the same and more."""

    def one(row: int) -> str | None:
        try:
            return digest(dataset.content(row))
        except BadPicture:
            return None

    with ThreadPoolExecutor(WORKERS) as pool:
        return list(pool.map(one, range(len(dataset.items)), chunksize=64))


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
