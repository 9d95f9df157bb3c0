"""Writes pictures of turned cards with known corners: real cut-outs on paper, over real photographs.

    python benchmarks/corner_cards.py CUTOUTS BACKGROUNDS OUT --count 600 --seed 0

`striate train OUT/points.csv --task landmarks` learns the four corners (upper left, upper right, lower right
and lower left of the card, which is turned by at most 30 degrees); docs/locate.md has what came of it.
"""

import argparse
import csv
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

SIDE = 224
SMALLEST, LARGEST = 70, 150  # pixels of a card's sides
TURN = 30.0  # degrees to either side
FINER = 3  # drawn so much larger, then reduced: soft edges


def card(cut_out: Image.Image, size: tuple[int, int], generator: np.random.Generator) -> Image.Image:
    """A cut-out on tinted paper with a white border, as a postage stamp has one."""
    width, height = size
    border = max(2, min(size) // 14)
    paper = Image.new("RGB", size, "white")
    tint = tuple(int(value) for value in generator.integers(90, 240, 3))
    ImageDraw.Draw(paper).rectangle((border, border, width - border - 1, height - border - 1), fill=tint)
    inside = cut_out.convert("RGBA")
    inside.thumbnail((width - 4 * border, height - 4 * border))
    paper.paste(inside, ((width - inside.width) // 2, (height - inside.height) // 2), inside)
    return paper


def scene(
    cut_out: Image.Image, background: Image.Image, generator: np.random.Generator
) -> tuple[Image.Image, np.ndarray]:
    """A card on a part of a background, and its corners in pixels, (4, 2)."""
    side = int(min(background.size) * generator.uniform(0.4, 1.0))
    x, y = (int(generator.integers(0, length - side + 1)) for length in background.size)
    ground = background.convert("RGB").crop((x, y, x + side, y + side)).resize((SIDE, SIDE))
    width, height = (int(generator.integers(SMALLEST, LARGEST)) for _ in range(2))
    angle = np.deg2rad(generator.uniform(-TURN, TURN))
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    frame = np.array([[-width, -height], [width, -height], [width, height], [-width, height]]) / 2
    reach = np.abs(frame @ turn).max(axis=0)
    middle = generator.uniform(np.minimum(reach, SIDE / 2), np.maximum(SIDE - reach, SIDE / 2))
    large = FINER * SIDE
    # Where each pixel of the scene is read in the card: (p / FINER - middle) turned back, from its corner.
    back = turn.T / FINER
    shift = np.array([width, height]) / 2 - middle @ turn.T
    matrix = (back[0, 0], back[1, 0], shift[0], back[0, 1], back[1, 1], shift[1])
    paper = card(cut_out, (width, height), generator)
    mask = Image.new("L", paper.size, 255)
    resample = Image.Resampling.BILINEAR
    laid = paper.transform((large, large), Image.Transform.AFFINE, matrix, resample)
    shape = mask.transform((large, large), Image.Transform.AFFINE, matrix, Image.Resampling.NEAREST)
    ground.paste(laid.resize((SIDE, SIDE)), (0, 0), shape.resize((SIDE, SIDE), Image.Resampling.BOX))
    return ground, frame @ turn + middle


def main() -> None:
    """Write the pictures and points.csv."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cutouts", type=Path)
    parser.add_argument("backgrounds", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--count", type=int, default=600)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    generator = np.random.default_rng(given.seed)
    cut_outs = sorted(given.cutouts.rglob("*.png"))
    grounds = [
        Image.open(path).convert("RGB")
        for path in sorted(given.backgrounds.iterdir())
        if path.suffix in (".jpg", ".png")
    ]
    given.out.mkdir(parents=True)
    with (given.out / "points.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["image", *(f"{axis}{number}" for number in range(1, 5) for axis in "xy")])
        for number in range(given.count):
            chosen = cut_outs[int(generator.integers(len(cut_outs)))]
            picture, corners = scene(
                Image.open(chosen), grounds[int(generator.integers(len(grounds)))], generator
            )
            name = f"{number:05}.png"
            picture.save(given.out / name)
            table.writerow([name, *(round(float(value), 2) for value in corners.flatten())])


if __name__ == "__main__":
    main()
