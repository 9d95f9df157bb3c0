"""From files to augmented float batches of 3 x 224 x 224: Striate's way against ImageFolder and DataLoader.

Claim: three times as many pictures a second as the peer in a first pass over small or baseline JPEGs, ten
times in the epochs that follow. The peer (`peers/image_folder.py`, a process of its own) has two workers and
the transforms of torchvision's references: random resized crop, mirror, float, normalise; each of its epochs
is the same work, so one figure of its stands against all of ours. Ours is what `train` does, with the same
changes (`imagenet`):
    first  an empty cache: list, scan (digest, damage, thumbnail), fit to 224 x 224, write the cache; no batch
    start  the same and then one epoch of normalised batches: until the network has seen every picture
    again  a second start: everything from the cache, then one epoch
    epoch  one more epoch of a training that runs
Not the same: ours crops out of the fitted picture, the peer out of the whole one; ours also finds digests,
damage and thumbnails, the peer does not.

    python benchmarks/pipeline.py [ROUNDS] [DATA...]
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from timing import Timing, alternate, write_result

from striate.data.caching.picture_cache import wait_for_writers
from striate.data.datasets.recognise import open_dataset
from striate.data.loading import Batches, Store
from striate.data.reading import read_pictures
from striate.data.transforms.presets import AUGMENTATIONS
from striate.preprocess.preprocessing import Preprocessing

ROUNDS = 5
BATCH = 64
SIDE = 224
COPIES = 8  # of each large photograph
SPEC = Preprocessing((SIDE, SIDE), 3, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
GOALS = {"first": 3, "start": None, "again": None, "epoch": 10}


class Ours:
    """Our sides on one data set; `epoch` goes on with the pictures that were read before."""

    def __init__(self, folder: Path, cache: Path) -> None:
        self.folder, self.cache = folder, cache
        self.read()

    def read(self) -> None:
        """List and scan, or recall; the cache on disk belongs to it."""
        dataset = open_dataset(self.folder)
        pictures, _ = read_pictures(dataset, SPEC)
        labels = torch.tensor([item.truth.label or 0 for item in dataset.items])
        self.store = Store(pictures, labels)
        wait_for_writers()

    def first(self) -> None:
        """A first pass."""
        shutil.rmtree(self.cache / "pictures", ignore_errors=True)
        self.read()

    def start(self) -> None:
        """A first pass and an epoch."""
        self.first()
        self.epoch()

    def again(self) -> None:
        """A second start and an epoch."""
        self.read()
        self.epoch()

    def epoch(self) -> None:
        """An epoch of batches as a network reads them."""
        rows = torch.arange(len(self.store.labels))
        for batch in Batches(self.store, rows, BATCH, seed=0, augmentation=AUGMENTATIONS["imagenet"]).epoch(
            0
        ):
            assert SPEC.normalise(batch.pictures).dtype == torch.float


class Peer:
    """An epoch of torchvision's, in a process of its own: our settings of threads and memory are not its."""

    def __init__(self, folder: Path) -> None:
        script = Path(__file__).parent / "peers" / "image_folder.py"
        self.process = subprocess.Popen(
            [sys.executable, str(script), str(folder), str(BATCH), str(SIDE)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.answer()

    def answer(self) -> None:
        """Wait until it is ready for more."""
        assert self.process.stdout is not None
        if not self.process.stdout.readline():
            raise SystemExit(f"the peer ended with {self.process.wait()}")

    def epoch(self) -> None:
        """One epoch."""
        assert self.process.stdin is not None
        print("epoch", file=self.process.stdin, flush=True)
        self.answer()


def large_photos(place: Path, *, baseline: bool) -> Path:
    """The large photographs in two class folders, as they are or encoded anew as baseline JPEGs."""
    from PIL import Image

    for number, source in enumerate(sorted((SHARED / "scenes" / "large").glob("*.jpg"))):
        first = place / f"{number}.jpg"
        if baseline:
            with Image.open(source) as image:
                image.convert("RGB").save(first, quality=90, progressive=False)
        else:
            shutil.copy(source, first)
        for copy in range(COPIES):
            folder = place / "photos" / "ab"[number % 2]
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{number}-{copy}.jpg").write_bytes(first.read_bytes())
    return place / "photos"


def measure(name: str, data: Path, cache: Path, rounds: int) -> tuple[dict[str, Timing], dict[str, Any]]:
    """All sides of one data set, printed: the times, and pictures a second with their ratios to the peer."""
    ours = Ours(data, cache)
    sides: Mapping[str, Callable[[], object]] = {
        "peer": Peer(data).epoch,
        "first": ours.first,
        "start": ours.start,
        "again": ours.again,
        "epoch": ours.epoch,
    }
    timings = alternate(sides, rounds)
    count = len(ours.store.labels)
    rates = {side: count / timing.median for side, timing in timings.items()}
    for side, timing in timings.items():
        goal = f" (goal {GOALS[side]})" if GOALS.get(side) else ""
        ratio = f"{rates[side] / rates['peer']:6.2f} times the peer{goal}"
        print(f"{name:<12} {timing}   {rates[side]:8.1f} pictures/s {ratio}", flush=True)
    ratios = {side: rate / rates["peer"] for side, rate in rates.items() if side != "peer"}
    return timings, {"pictures": count, "pictures_a_second": rates, "to_peer": ratios}


def main(arguments: list[str]) -> None:
    """Measure, print, write benchmarks/results/pipeline.json."""
    rounds = int(arguments[0]) if arguments else ROUNDS
    wanted = arguments[1:] or ["textures", "baseline", "progressive"]
    timings: dict[str, Timing] = {}
    results: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as temporary:
        place = Path(temporary)
        os.environ |= {"STRIATE_CACHE": str(place / "cache"), "STRIATE_CACHE_BYTES": str(10**10)}
        for name in wanted:
            (place / name).mkdir()
            if name == "textures":
                data = SHARED / "textures"
            else:
                data = large_photos(place / name, baseline=name == "baseline")
            # Large photographs take seconds each: two rounds of them show what there is to see.
            found, results[name] = measure(
                name, data, place / "cache", rounds if name == "textures" else min(2, rounds)
            )
            timings |= {f"{name}, {side}": timing for side, timing in found.items()}
    claim = "files to float batches, random resized crop: 3 times the peer in a first pass, 10 times after it"
    print(write_result("pipeline", claim, timings, results))


if __name__ == "__main__":
    main(sys.argv[1:])
