"""What several tests need: the folder of shared pictures."""

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with `data/` and `tools/` beside the project; who reads it skips where it is missing."""
    if not (SHARED / "data").is_dir():
        pytest.skip(f"the shared pictures are not at {SHARED}")
    return SHARED
