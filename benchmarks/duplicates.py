"""What the near-duplicate search of `striate check` finds, and what it finds wrongly.

1. Copies made on purpose: real pictures, each changed in one way (resized, JPEG, mirrored, turned,
   recoloured, cropped), put beside the untouched set. Recall is the share of copies that end in their
   original's group; `joined` counts other pictures of the set that only the copies brought together.
2. Real sets: textures against the stems of their names (`wall002_red` and `wall002_blue` are one motif),
   faces (groups may hold one person only), stamps, scenes and photographs, MNIST.
3. Seconds for thumbnails with the spectrum of photographs; one in twenty is a mirrored copy.

    python benchmarks/duplicates.py [SHARED_DATA]
"""

import io
import json
import re
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageEnhance, ImageOps
from timing import RESULTS, this_machine
from torch import Tensor

from striate.data.datasets.recognise import open_dataset
from striate.data.decoding import as_picture
from striate.data.duplicates import groups, members, near_pairs
from striate.data.scan import scan
from striate.data.thumbnails import SIDE, thumbnail

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
SHORTEST = 64  # pixels; smaller originals are left out, for their halves would not be compared
MOST = 150  # pictures of a set that are copied
Change = Callable[[Image.Image], Image.Image]


def jpeg(quality: int) -> Change:
    """Compressed and read again."""

    def change(image: Image.Image) -> Image.Image:
        file = io.BytesIO()
        image.save(file, "JPEG", quality=quality)
        return Image.open(file).convert("RGB")

    return change


def hue(turn: int) -> Change:
    """The hue turned by `turn` of 256 steps."""

    def change(image: Image.Image) -> Image.Image:
        channels = np.array(image.convert("HSV"))
        channels[..., 0] += np.uint8(turn)
        return Image.fromarray(channels, "HSV").convert("RGB")

    return change


def scaled(factor: float) -> Change:
    """Another size."""
    return lambda image: image.resize((round(image.width * factor), round(image.height * factor)))


def tinted(*factors: float) -> Change:
    """Each channel multiplied."""
    return lambda image: Image.fromarray((np.asarray(image) * np.array(factors)).astype(np.uint8))


def cropped(share: float, left: float, top: float) -> Change:
    """A share of each side cut away; `left` and `top` of it at the left and at the top."""

    def change(image: Image.Image) -> Image.Image:
        x, y = share * image.width, share * image.height
        box = (x * left, y * top, image.width - x * (1 - left), image.height - y * (1 - top))
        return image.crop(tuple(round(edge) for edge in box))

    return change


def several(image: Image.Image) -> Image.Image:
    """Mirrored, recoloured, resized and compressed."""
    return jpeg(50)(scaled(0.67)(hue(40)(ImageOps.mirror(image))))


CHANGES: dict[str, Change] = {
    "half the size": scaled(0.5),
    "1.5 times the size": scaled(1.5),
    "JPEG quality 30": jpeg(30),
    "JPEG quality 10": jpeg(10),
    "mirrored left to right": ImageOps.mirror,
    "mirrored top to bottom": ImageOps.flip,
    "turned by 90 degrees": lambda image: image.transpose(Image.Transpose.ROTATE_90),
    "turned by 180 degrees": lambda image: image.transpose(Image.Transpose.ROTATE_180),
    "hue turned by 90 degrees": hue(64),
    "hue turned by 180 degrees": hue(128),
    "red and blue interchanged": lambda image: Image.merge("RGB", image.split()[::-1]),
    "grey": lambda image: image.convert("L").convert("RGB"),
    "negative": ImageOps.invert,
    "brightness 0.6": lambda image: ImageEnhance.Brightness(image).enhance(0.6),
    "brightness 1.5": lambda image: ImageEnhance.Brightness(image).enhance(1.5),
    "contrast 0.5": lambda image: ImageEnhance.Contrast(image).enhance(0.5),
    "tinted red": tinted(1, 0.6, 0.4),
    "tinted blue": tinted(0.3, 0.5, 1),
    "5 % cropped, centre": cropped(0.05, 0.5, 0.5),
    "5 % cropped, one corner": cropped(0.05, 0, 0),
    "10 % cropped, centre": cropped(0.1, 0.5, 0.5),
    "10 % cropped, one corner": cropped(0.1, 0, 0),
    "turned by 3 degrees": lambda image: image.rotate(3, Image.Resampling.BILINEAR),
    "mirror, hue, size and JPEG": several,
}


def main(arguments: list[str]) -> None:
    """Measure, print, write benchmarks/results/duplicates.json."""
    data = Path(arguments[0]) if arguments else DATA
    results = {"recall": recall(data), "sets": sets(data), "seconds": seconds((20_000,))}
    content = {
        "benchmark": "duplicates",
        "claim": "near-duplicates are found through size, compression, mirror, quarter turn, colour, crop",
        "taken": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": this_machine(),
        "results": results,
    }
    (RESULTS / "duplicates.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def recall(data: Path) -> dict[str, Any]:
    """For each set and change the share of copies that are found."""
    table: dict[str, Any] = {}
    for name, folders in {
        "scenes": ("scenes", "photos"),
        **{n: (n,) for n in ("stamps", "faces", "textures")},
    }.items():
        images = originals([data / folder for folder in folders])
        own = together([as_picture(image) for image in images])
        apart = sum(len(group) - 1 for group in members(own))
        table[name] = {"n": len(images)}
        for change, changed in CHANGES.items():
            found = together([as_picture(one) for one in (*images, *map(changed, images))])
            hits = sum(found[row] == found[row + len(images)] for row in range(len(images)))
            joined = sum(len(group) - 1 for group in members(found[: len(images)])) - apart
            table[name][change] = {"found": hits, "recall": hits / len(images), "joined": joined}
            told = f"{name:<9} {change:<28} {hits:>4} of {len(images)}"
            print(f"{told}  joined {joined}", flush=True)
    return table


def originals(folders: list[Path]) -> list[Image.Image]:
    """Up to `MOST` pictures of the folders, RGB on white, at most 512 pixels large; the same at each run."""
    files = sorted(f for d in folders for f in d.rglob("*") if f.suffix in (".jpg", ".png", ".pgm"))
    files = [f for f in files if not (f.suffix == ".jpg" and f.with_suffix(".png") in files)]
    images = []
    for file in np.random.default_rng(0).permutation(np.array(files, dtype=object)):
        picture = as_picture(file).permute(1, 2, 0).numpy()
        image = Image.fromarray(picture.repeat(3, 2) if picture.shape[2] == 1 else picture)
        image.thumbnail((512, 512))
        if min(image.size) >= SHORTEST and len(images) < MOST:
            images.append(image)
    return images


def together(pictures: list[Tensor]) -> list[int]:
    """The group of each picture."""
    small = [thumbnail(picture) for picture in pictures]
    stacked = torch.stack([torch.zeros(SIDE * SIDE, dtype=torch.uint8) if s is None else s for s in small])
    return groups(len(small), near_pairs(stacked, torch.tensor([s is not None for s in small])))


def stem(name: str) -> str:
    """A texture's motif by its name: `wall/tex_base__wall002_red.jpg` is `tex_base__wall002`."""
    return re.sub(r"(\d)(?:[a-z]|_[a-z0-9]+)$", r"\1", Path(name).stem)


def sets(data: Path) -> dict[str, Any]:
    """What is found in the sets as they are."""
    results: dict[str, Any] = {}
    for name in ("textures", "faces", "stamps", "scenes", "mnist"):
        if name == "scenes":
            files = sorted((data / name).rglob("*.jpg"))
            names, found = [file.name for file in files], together([as_picture(file) for file in files])
        else:
            dataset = open_dataset(data / name)
            names, found = [item.name for item in dataset.items], scan(dataset).groups()
        grouped = [[names[row] for row in group] for group in members(found)]
        folders = [{Path(each).parent.name for each in group} for group in grouped]
        results[name] = {
            "pictures": len(names),
            "in_groups": sum(map(len, grouped)),
            "groups": len(grouped),
            "groups_of_two_folders": sum(len(folder) > 1 for folder in folders),
        }
        if name == "textures":
            results[name] |= against_stems(names, found)
            results[name]["found"] = grouped
        print(name, {key: value for key, value in results[name].items() if key != "found"}, flush=True)
    return results


def against_stems(names: list[str], found: list[int]) -> dict[str, Any]:
    """Pairs in one group against pairs of one stem."""
    claimed = {(a, b) for group in members(found) for a, b in combinations(group, 2)}
    by_stem: dict[str, list[int]] = {}
    for row, name in enumerate(names):
        by_stem.setdefault(stem(name), []).append(row)
    meant = {pair for rows in by_stem.values() for pair in combinations(rows, 2)}
    both = len(claimed & meant)
    alone = {row for pair in meant for row in pair}
    return {
        "pairs_found": len(claimed),
        "pairs_of_one_stem": len(meant),
        "pairs_of_both": both,
        "precision_against_stems": both / max(1, len(claimed)),
        "recall_against_stems": both / max(1, len(meant)),
        "pictures_with_a_stem_mate": len(alone),
    }


def seconds(counts: tuple[int, ...]) -> dict[str, Any]:
    """How long all against all takes."""
    results = {}
    for count in counts:
        thumbnails = photo_like(count)
        copies = count // 20
        mirrored = thumbnails[:copies].view(-1, SIDE, SIDE).flip(2).flatten(1)
        thumbnails[-copies:] = mirrored
        start = time.perf_counter()
        pairs = near_pairs(thumbnails, torch.ones(count, dtype=torch.bool))
        taken = time.perf_counter() - start
        results[str(count)] = {"seconds": taken, "copies": copies, "pairs": len(pairs)}
        print(
            f"{count:,} thumbnails: {taken:.1f} s, {len(pairs)} of {copies} mirrored copies found", flush=True
        )
    return results


def photo_like(count: int) -> Tensor:
    """Thumbnails of noise whose amplitude falls as one over the frequency, as that of photographs does."""
    across = torch.fft.fftfreq(SIDE)
    frequency = (across[:, None] ** 2 + across**2).sqrt()
    frequency[0, 0] = 1
    parts = []
    for part, start in enumerate(range(0, count, 4096)):
        generator = torch.Generator().manual_seed(part)
        noise = torch.randn(min(4096, count - start), SIDE, SIDE, generator=generator)
        values = torch.fft.ifft2(torch.fft.fft2(noise) / frequency).real.flatten(1)
        low, high = values.amin(1, keepdim=True), values.amax(1, keepdim=True)
        parts.append(((values - low) * 255 / (high - low)).round().to(torch.uint8))
    return torch.cat(parts)


if __name__ == "__main__":
    main(sys.argv[1:])
