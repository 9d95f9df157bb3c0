"""The feature cache: what a frozen trunk gives of pictures, so that it has to look at them only once.

One safetensors file an entry in `cache_folder()/features`, named after all that decides its bits. It takes
no more than the picture cache may (`STRIATE_CACHE_BYTES`, 0 for none), the least recently used go first, and
it may be deleted at any time. An entry that is damaged or cannot be written counts as none.
"""

import hashlib
import json
import os
import zlib
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from striate.data.dataset import BadPicture
from striate.data.paths.files import read_file
from striate.errors import WorkFailed
from striate.events import Listener, Warned
from striate.files import eviction
from striate.files.cache_folder import cache_folder
from striate.files.eviction import limit_bytes, make_room
from striate.files.writing import write_bytes

FORMAT = 2


def features_folder() -> Path:
    """Where all entries are; it may not exist yet."""
    return cache_folder() / "features"


def clear() -> int:
    """Delete every entry; how many bytes were freed."""
    return eviction.clear(features_folder())


def entry_path(of: dict[str, Any]) -> Path:
    """The file of an entry.

    Args:
        of: everything that decides its values, as JSON has it.
    """
    text = json.dumps({"format": FORMAT, **of}, sort_keys=True)
    return features_folder() / f"{hashlib.sha256(text.encode()).hexdigest()[:32]}.safetensors"


def read_features(path: Path, rows: int) -> Float[Tensor, "N D"] | None:
    """The features of `rows` pictures; None if there are none, or none that can be used."""
    limit = limit_bytes(features_folder())
    if limit == 0:
        return None
    try:
        stored = load(read_file(path, limit))  # read, not mapped: the file may be cut off meanwhile
        found = stored["features"]
        os.utime(path)
        if stored["sum"].tolist() != [_sum(found)]:
            return None
    except (SafetensorError, KeyError, OSError, ValueError, BadPicture):
        return None
    usable = found.ndim == 2 and len(found) == rows and found.is_floating_point()
    # A copy: tensors of a mapped file are not aligned, and an unaligned sum rounds differently.
    return found.clone() if usable and bool(found.isfinite().all()) else None


def keep_features(path: Path, features: Float[Tensor, "N D"], on_event: Listener) -> None:
    """Write an entry, if there is room for it."""
    features = features.contiguous()
    content = save({"features": features, "sum": torch.tensor([_sum(features)])})
    limit = limit_bytes(features_folder())
    if len(content) > limit:
        return
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        make_room(path.parent, len(content), limit)
        write_bytes(path, content)
    except (OSError, WorkFailed) as error:
        on_event(Warned(f"the feature cache cannot be written ({error}); the next start computes them again"))


def _sum(features: Tensor) -> int:
    return zlib.crc32(features.contiguous().view(torch.uint8).numpy().data)
