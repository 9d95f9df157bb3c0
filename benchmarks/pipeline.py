"""From files to augmented float batches of 3 x 224 x 224: Striate's way against ImageFolder and DataLoader.

Claim: three times as many pictures a second in a first pass over small or baseline JPEGs, ten times from the
cache. The peer has two worker processes and its references' transforms: RandomResizedCrop(224), mirror,
PILToTensor, float, normalise. Ours is what `train` does: scan (digest, damage, thumbnail), fit to 224 x 224,
keep in the cache, then batches with an augmentation. Not the same: ours crops out of the fitted picture, the
peer out of the whole one; ours also finds duplicates' digests and damage, the peer does not.

    python benchmarks/pipeline.py [ROUNDS] [AUGMENTATION] [DATA...]
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import torch
from timing import Timing, alternate, write_result

from striate.data.datasets.recognise import open_dataset
from striate.data.loading import Batches, Store
from striate.data.picture_cache import wait_for_writers
from striate.data.reading import read_pictures
from striate.data.transforms.augmentation import AUGMENTATIONS
from striate.preprocess import Preprocessing

ROUNDS = 5
BATCH = 64
SIDE = 224
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


def ours(folder: Path, augmentation: str, cache: Path, *, cold: bool) -> Callable[[], None]:
    """A side: open, read or recall, one epoch of normalised batches."""
    spec = Preprocessing((SIDE, SIDE), 3, MEAN, STD)

    def run() -> None:
        if cold:
            shutil.rmtree(cache / "pictures", ignore_errors=True)
        dataset = open_dataset(folder)
        pictures, _ = read_pictures(dataset, spec)
        labels = torch.tensor([item.truth.label or 0 for item in dataset.items])
        rows = torch.arange(len(labels))
        batches = Batches(
            Store(pictures, labels), rows, BATCH, seed=0, augmentation=AUGMENTATIONS[augmentation]
        )
        for batch in batches.epoch(0):
            spec.normalise(batch.pictures)
        wait_for_writers()  # the cache on disk belongs to the first pass

    return run


def peer(folder: Path) -> Callable[[], None]:
    """The side of torchvision, as its references train."""
    from torch.utils.data import DataLoader
    from torchvision.datasets import ImageFolder
    from torchvision.transforms import v2

    steps = [
        v2.RandomResizedCrop(SIDE, antialias=True),
        v2.RandomHorizontalFlip(),
        v2.PILToTensor(),
        v2.ToDtype(torch.float, scale=True),
        v2.Normalize(MEAN, STD),
    ]

    def run() -> None:
        dataset = ImageFolder(str(folder), v2.Compose(steps))
        for images, _ in DataLoader(dataset, BATCH, shuffle=True, num_workers=2):
            assert images.dtype == torch.float

    return run


def as_class_folders(folder: Path, place: Path, kind: str) -> Path:
    """`folder` itself, or its pictures of one kind of JPEG, in two folders, enough for some batches."""
    from PIL import Image

    if kind == "all":
        return folder
    chosen = []
    for path in sorted(folder.glob("*.jpg")):
        with Image.open(path) as image:
            if bool(image.info.get("progressive")) == (kind == "progressive"):
                chosen.append(path)
    for number in range(20):
        source = chosen[number % len(chosen)]
        (place / kind / "ab"[number % 2]).mkdir(parents=True, exist_ok=True)
        shutil.copy(source, place / kind / "ab"[number % 2] / f"{number}-{source.name}")
    return place / kind


def main(arguments: list[str]) -> None:
    """Measure, print, write benchmarks/results/pipeline.json."""
    rounds = int(arguments[0]) if arguments else ROUNDS
    augmentation = arguments[1] if len(arguments) > 1 else "photo"
    wanted = set(arguments[2:]) or {"textures", "baseline", "progressive"}
    timings: dict[str, Timing] = {}
    results = {}
    with tempfile.TemporaryDirectory() as temporary:
        place = Path(temporary)
        os.environ |= {"STRIATE_CACHE": str(place / "cache"), "STRIATE_CACHE_BYTES": str(10**10)}
        large = SHARED / "scenes" / "large"
        for name, folder, kind in (
            ("textures", SHARED / "textures", "all"),
            ("baseline", large, "baseline"),
            ("progressive", large, "progressive"),
        ):
            if name not in wanted:
                continue
            data = as_class_folders(folder, place, kind)
            count = len(open_dataset(data).items)
            cold = alternate(
                {
                    "peer": peer(data),
                    "cold": ours(data, augmentation, place / "cache", cold=True),
                    "warm": ours(data, augmentation, place / "cache", cold=False),
                },
                rounds,
            )
            rates = {side: count / timing.median for side, timing in cold.items()}
            timings |= {f"{name}, {side}": timing for side, timing in cold.items()}
            results[name] = {
                "pictures": count,
                "pictures_a_second": rates,
                "cold_to_peer": rates["cold"] / rates["peer"],
                "warm_to_peer": rates["warm"] / rates["peer"],
            }
            for side, timing in cold.items():
                print(f"{name:<12} {side:<5} {rates[side]:9.1f} pictures/s   {timing}")
            print(
                f"{name:<12} cold {results[name]['cold_to_peer']:.2f} times the peer (goal 3), "
                f"warm {results[name]['warm_to_peer']:.2f} times (goal 10)"
            )
    claim = f"files to float batches, augmentation '{augmentation}': 3 times the peer cold, 10 times warm"
    print(write_result("pipeline", claim, timings, results))


if __name__ == "__main__":
    main(sys.argv[1:])
