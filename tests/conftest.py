"""What several tests need: shared pictures, folders of real digits, a trained run."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from PIL import Image

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
    from striate.data.datasets.arrays.sheets import embedded_mnist
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


def paint_cut_out(path: Path, colour: tuple[int, int, int], seed: int) -> None:
    """A textured thing of 64 x 48 pixels with odd margins; transparent pixels hold black."""
    coarse = np.random.default_rng(seed).integers(0, 200, (6, 8, 1))
    texture = np.kron(coarse, np.ones((8, 8, 1), int))
    pixels = np.zeros((53, 67, 4), np.uint8)
    pixels[3:51, 1:65, :3] = np.clip(np.array(colour) - texture, 0, 255)
    pixels[3:51, 1:65, 3] = 255
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels, "RGBA").save(path)


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """Two classes of six cut-outs each, a copy and a mirror image among them, and six backgrounds."""
    for label, colour in (("cat", (255, 120, 120)), ("dog", (120, 120, 255))):
        for number in range(6):
            paint_cut_out(tmp_path / "things" / label / f"{number}.png", colour, ord(label[0]) + number * 9)
    first = Image.open(tmp_path / "things/cat/0.png")
    first.save(tmp_path / "things/cat/0 copy.png")
    first.transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(tmp_path / "things/cat/0 mirrored.png")
    rng = np.random.default_rng(1)
    (tmp_path / "behind").mkdir()
    for number in range(6):
        coarse = rng.integers(0, 100, (12, 16, 3), dtype=np.uint8)
        Image.fromarray(coarse).resize((160, 120)).save(tmp_path / "behind" / f"{number}.jpg")
    return tmp_path / "things", tmp_path / "behind"
