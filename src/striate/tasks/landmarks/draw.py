"""A picture with the points that a network gives, and the true ones beside them."""

from PIL import Image, ImageDraw

from striate.data.sample import Truth
from striate.drawing.lettering import write
from striate.drawing.overlay import SHOWN, overlay
from striate.drawing.palette import INK, PAPER, SERIES
from striate.shapes import Picture
from striate.tasks.landmarks.decode import THERE, Marked
from striate.tasks.landmarks.targets import marks_of

SAID, TRUE = SERIES[1], SERIES[0]


def drawn(picture: Picture, answer: Marked | None, truth: Truth | None, side: int = SHOWN) -> Image.Image:
    """The answer's points as numbered orange discs, hollow where hidden; the true ones as blue crosses."""
    image = overlay(picture, side=side)
    ratio = image.width / picture.shape[2]
    pen = ImageDraw.Draw(image)
    radius = max(3, round(max(image.size) / 80))
    if answer is not None and answer.present:
        places = [(x * ratio, y * ratio) for x, y in answer.points]
        for place, seen in zip(places, answer.visibility, strict=True):
            _disc(pen, place, radius, filled=seen >= THERE)
        letters = max(14, 3 * radius)
        for number, (x, y) in enumerate(places, 1):  # after all discs, which would hide them
            left, top = round(x) + radius, round(y) - radius - letters
            write(pen, (left + 1, top + 1), str(number), letters, INK)
            write(pen, (left, top), str(number), letters, PAPER)
    marks = None if truth is None else marks_of(truth)
    if marks is not None:
        for x, y in marks.points[marks.known].tolist():
            _cross(pen, (x * ratio, y * ratio), 2 * radius)
    return image


def _disc(pen: ImageDraw.ImageDraw, middle: tuple[float, float], radius: int, *, filled: bool) -> None:
    x, y = middle
    pen.ellipse((x - radius - 1, y - radius - 1, x + radius + 1, y + radius + 1), fill=PAPER)
    inner = (x - radius + 1, y - radius + 1, x + radius - 1, y + radius - 1)
    pen.ellipse(inner, fill=SAID if filled else None, outline=SAID, width=max(1, radius // 2))


def _cross(pen: ImageDraw.ImageDraw, middle: tuple[float, float], arm: int) -> None:
    x, y = middle
    for colour, width in ((PAPER, 5), (TRUE, 3)):
        pen.line((x - arm, y, x + arm, y), fill=colour, width=width)
        pen.line((x, y - arm, x, y + arm), fill=colour, width=width)
