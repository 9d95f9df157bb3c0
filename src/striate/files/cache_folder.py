"""Where downloads stay between runs. Only names a folder; nothing is created until something is stored."""

import os
from pathlib import Path


def cache_folder() -> Path:
    """`STRIATE_CACHE`, else `striate` inside `XDG_CACHE_HOME`, else `~/.cache/striate`; it may not exist yet.

    The environment is read at every call. Empty variables count as not set, as the XDG specification asks.
    """
    if own := os.environ.get("STRIATE_CACHE"):
        return Path(own).expanduser()
    if shared := os.environ.get("XDG_CACHE_HOME"):
        return Path(shared).expanduser() / "striate"
    return Path.home() / ".cache" / "striate"
