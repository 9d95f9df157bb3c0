"""What several tests need: shared pictures, folders of real digits, a trained run."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("striate", deadline=None)  # a busy machine is no reason to fail
settings.load_profile("striate")

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with `data/` and `tools/` beside the project; who reads it skips where it is missing."""
    if not (SHARED / "data").is_dir():
        pytest.skip(f"the shared pictures are not at {SHARED}")
    return SHARED


@pytest.fixture(autouse=True, scope="session")
def no_picture_cache() -> Iterator[None]:
    """Tests decode what they read, and leave the user's cache alone; those of the cache switch it on."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STRIATE_CACHE_BYTES", "0")
        yield


def write_digits(folder: Path, labels: str, each: int, first: int = 0) -> Path:
    """Class folders of real digits as PNG files, `each` of every label, from the embedded training part."""
    from striate.data.datasets.sheets import embedded_mnist
    from striate.drawing.grid import Image

    dataset = embedded_mnist()
    for label in labels:
        rows = [
            r
            for r, item in enumerate(dataset.items)
            if item.part == "train" and item.truth.label == int(label)
        ]
        (folder / f"digit {label}").mkdir(parents=True, exist_ok=True)
        for number, row in enumerate(rows[first : first + each]):
            picture, _ = dataset.read(row)
            Image.fromarray(picture[0].numpy()).save(folder / f"digit {label}" / f"{number:03}.png")
    return folder


@pytest.fixture(scope="session")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Class folders of 40 zeros, ones and twos, unsplit."""
    return write_digits(tmp_path_factory.mktemp("data") / "digits", "012", 40)


@pytest.fixture(scope="session")
def digits_run(digits: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of LeNet-5 on `digits`. Tests read it; none may change it."""
    from striate.actions.train import train

    return train(digits, model="lenet5", epochs=8, lr=4e-3, out=tmp_path_factory.mktemp("runs")).path
