"""What the near-duplicate search of `striate check` finds, and what it finds wrongly.

1. Copies made on purpose: real pictures, each changed in one way (resized, JPEG, mirrored, turned,
   recoloured, cropped), put beside the untouched set. Recall is the share of copies that end in their
   original's group; `joined` counts other pictures of the set that only the copies brought together.
2. Real sets: textures against the stems of their names (`wall002_red` and `wall002_blue` are one motif),
   faces (groups may hold one person only), stamps, scenes and photographs, MNIST.
3. Seconds for thumbnails with the spectrum of photographs; one in twenty is a mirrored copy.
4. The peers on the copies of 1: imagehash and imagededup by perceptual hash, pairs within 10 of 64 bits,
   grouped as ours are. Their processes see BMP files of the same pixels.

    python benchmarks/duplicates.py [SHARED_DATA] [--peers SET ...]

With `--peers` only 4 is measured, on those sets, and put beside what the result file has.
"""

import argparse
import io
import json
import os
import re
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable
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
from striate.data.decoding.decode import as_picture
from striate.data.look_alikes.duplicates import groups, members, near_pairs
from striate.data.look_alikes.thumbnails import SIDE, thumbnail
from striate.data.scan import scan

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data"
PEERS = Path(os.environ.get("STRIATE_PEERS", ROOT / ".venv-peers")) / "bin" / "python"
CLAIM = "near-duplicates are found through size, compression, mirror, quarter turn, colour, crop"
SETS = {"scenes": ("scenes", "photos"), **{name: (name,) for name in ("stamps", "faces", "textures")}}
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


def main() -> None:
    """Measure, print, write benchmarks/results/duplicates.json."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, nargs="?", default=DATA)
    parser.add_argument("--peers", nargs="+", choices=SETS, help="measure the peers alone, on these sets")
    given = parser.parse_args()
    file = RESULTS / "duplicates.json"
    now = datetime.now(UTC).isoformat(timespec="seconds")
    if given.peers:
        content = json.loads(file.read_text(encoding="utf-8"))
        content["results"]["peers"] = {"taken": now, **peers(given.data, given.peers)}
    else:
        results = {"recall": recall(given.data), "sets": sets(given.data), "seconds": seconds((20_000,))}
        content = {
            "benchmark": "duplicates",
            "claim": CLAIM,
            "taken": now,
            "machine": this_machine(),
            "results": {**results, "peers": {"taken": now, **peers(given.data, SETS)}},
        }
    file.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def recall(data: Path) -> dict[str, Any]:
    """For each set and change the share of copies that are found."""
    table: dict[str, Any] = {}
    for name, folders in SETS.items():
        images = originals([data / folder for folder in folders])
        own = together([as_picture(image) for image in images])
        table[name] = {"n": len(images)}
        for change, changed in CHANGES.items():
            found = figures(own, together([as_picture(one) for one in (*images, *map(changed, images))]))
            table[name][change] = found
            print(
                f"{name:<9} {change:<28} {found['found']:>4} of {len(images)}  joined {found['joined']}",
                flush=True,
            )
    return table


def peers(data: Path, names: Iterable[str]) -> dict[str, Any]:
    """For each set, change and peer the same figures as `recall` gives for ours."""
    script = ROOT / "benchmarks" / "peers" / "picture_hashes.py"
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    table: dict[str, Any] = {}
    with subprocess.Popen([str(PEERS), str(script)], **pipes) as process, tempfile.TemporaryDirectory() as at:

        def grouped(images: list[Image.Image]) -> dict[str, list[int]]:
            for number, image in enumerate(images):
                image.save(Path(at) / f"{number}.bmp")
            print(at, file=process.stdin, flush=True)
            return {
                peer: groups(len(images), found)
                for peer, found in json.loads(process.stdout.readline()).items()
            }

        process.stdout.readline()  # it has loaded everything
        for name in names:
            images = originals([data / folder for folder in SETS[name]])
            for file in Path(at).glob("*.bmp"):
                file.unlink()
            own = grouped(images)
            untouched = {peer: extra(found) for peer, found in own.items()}
            untouched["striate"] = extra(together([as_picture(image) for image in images]))
            table[name] = {"n": len(images), "untouched": untouched}
            for change, changed in CHANGES.items():
                found = grouped([*images, *map(changed, images)])
                table[name][change] = {peer: figures(own[peer], found[peer]) for peer in found}
                told = "  ".join(
                    f"{peer} {one['found']} joined {one['joined']}"
                    for peer, one in table[name][change].items()
                )
                print(f"{name:<9} {change:<28} of {len(images)}: {told}", flush=True)
    return table


def figures(own: list[int], found: list[int]) -> dict[str, Any]:
    """What of the copies in the second half of `found` is with its original, and what they joined besides."""
    n = len(own)
    hits = sum(found[row] == found[row + n] for row in range(n))
    return {"found": hits, "recall": hits / n, "joined": extra(found[:n]) - extra(own)}


def extra(found: list[int]) -> int:
    """How many pictures are with another one, the first of each group not counted."""
    return sum(len(group) - 1 for group in members(found))


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
    main()
