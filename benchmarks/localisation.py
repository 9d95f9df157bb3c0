"""Writes composed scenes whose test parts are over other backgrounds, with seen and with unseen cut-outs.

    python benchmarks/localisation.py CUTOUTS PHOTOS TEXTURES OUT

Photographs are few, and a network soon knows them by heart. So each is also cut into overlapping tiles of
half its shorter side, and pictures of plain surfaces lie beside them. Two thirds of the photographs, with
their tiles, and a third of the surfaces serve training; others serve the test sets alone. OUT then holds
`train` and three test sets: `seen` (the cut-outs of training), `unseen` (other files of the same classes),
and `whole` (the cut-outs of training over whole photographs, the hardest: these show things of their own).
docs/locate.md has what came of it.
"""

import argparse
import shutil
from pathlib import Path

import numpy as np
from PIL import Image

import striate

FEWEST = 10  # cut-outs of a class that takes part
LARGEST = 1600  # pixels of a photograph's longer side


def tiles(photo: Image.Image) -> list[Image.Image]:
    """Squares of half the shorter side, each half a square beside the last."""
    side = min(photo.size) // 2
    corners = [
        (x, y)
        for y in range(0, photo.height - side + 1, side // 2)
        for x in range(0, photo.width - side + 1, side // 2)
    ]
    return [photo.crop((x, y, x + side, y + side)) for x, y in corners]


def divide_cut_outs(source: Path, out: Path, generator: np.random.Generator) -> None:
    """A fifth of each class's files, two at least, into `unseen`, the others into `seen`."""
    for folder in sorted(one for one in source.iterdir() if one.is_dir()):
        files = sorted(folder.glob("*.png"))
        if len(files) < FEWEST:
            continue
        generator.shuffle(files)
        unseen = max(2, round(len(files) / 5))
        for name, some in (("unseen", files[:unseen]), ("seen", files[unseen:])):
            (out / name / folder.name).mkdir(parents=True)
            for file in some:
                shutil.copy(file, out / name / folder.name)


def divide_backgrounds(photos: list[Path], surfaces: Path, out: Path) -> None:
    """Every third photograph is a test's, with its tiles."""
    for name in ("train", "test", "whole"):
        (out / name).mkdir(parents=True)
    for number, file in enumerate(photos):
        photo = Image.open(file).convert("RGB")
        photo.thumbnail((LARGEST, LARGEST))
        is_test = number % 3 == 0
        photo.save(out / ("whole" if is_test else "train") / f"{file.stem}.png")
        for place, tile in enumerate(tiles(photo)):
            tile.save(out / ("test" if is_test else "train") / f"{file.stem}-{place}.png")
    for number, file in enumerate(sorted(surfaces.rglob("*.jpg"))):
        if number % 3 < 2:
            shutil.copy(file, out / ("train", "test")[number % 3] / f"surface-{number}.jpg")


def main() -> None:
    """Write the four sets."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("cutouts", "photos", "textures", "out"):
        parser.add_argument(name, type=Path)
    given = parser.parse_args()
    cut_outs, grounds = given.out / "cut-outs", given.out / "backgrounds"
    divide_cut_outs(given.cutouts, cut_outs, np.random.default_rng(0))
    photos = sorted(path for path in given.photos.rglob("*.jpg") if "paintings" not in path.parts)
    divide_backgrounds(photos, given.textures, grounds)
    sets = {
        "train": ("seen", "train", 3000),
        "seen": ("seen", "test", 500),
        "unseen": ("unseen", "test", 500),
        "whole": ("seen", "whole", 500),
    }
    for seed, (name, (things, ground, count)) in enumerate(sets.items()):
        striate.compose(
            str(cut_outs / things),
            backgrounds=str(grounds / ground),
            out=str(given.out / name),
            count=count,
            objects="1",
            size=224,
            parts="100/0/0" if name == "train" else "0/0/100",
            seed=seed,
        )


if __name__ == "__main__":
    main()
