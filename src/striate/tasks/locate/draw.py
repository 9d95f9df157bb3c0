"""A picture with the box that a localiser gives, and the true one beside it."""

from PIL import Image, ImageDraw

from striate.data.sample import Truth
from striate.data.wording import probability
from striate.drawing.lettering import fitted, text_width, write
from striate.drawing.overlay import SHOWN, overlay
from striate.drawing.palette import PAPER, SERIES
from striate.shapes import Picture
from striate.tasks.locate.decode import Corners, Located
from striate.tasks.locate.targets import main_object

SAID, TRUE = SERIES[1], SERIES[0]


def drawn(picture: Picture, answer: Located | None, truth: Truth | None, side: int = SHOWN) -> Image.Image:
    """The answer's box in orange with its label, the true one in blue and thinner."""
    image = overlay(picture, side=side)
    ratio = image.width / picture.shape[2]
    true = None if truth is None else main_object(truth)
    if true is not None:
        x1, y1, x2, y2 = true.box.tolist()
        _frame(image, (x1, y1, x2, y2), ratio, TRUE, thin=True)
    if answer is not None and answer.present:
        _frame(image, answer.xyxy, ratio, SAID)
        _name(image, f"{answer.label} {probability(answer.probability)}", answer.xyxy, ratio)
    elif answer is not None:
        _name(image, "nothing", (0.0, 0.0, 0.0, 0.0), ratio)
    return image


def _frame(
    image: Image.Image, box: Corners, ratio: float, colour: tuple[int, int, int], *, thin: bool = False
) -> None:
    """A frame with a light edge on either side, so that it shows on any ground."""
    draw = ImageDraw.Draw(image)
    width = max(2, round(max(image.size) / (140 if thin else 90)))
    x1, y1, x2, y2 = (round(value * ratio) for value in box)
    x2, y2 = max(x1, x2 - 1), max(y1, y2 - 1)
    draw.rectangle((x1 - 1, y1 - 1, x2 + 1, y2 + 1), outline=PAPER, width=width + 2)
    draw.rectangle((x1, y1, x2, y2), outline=colour, width=width)


def _name(image: Image.Image, text: str, box: Corners, ratio: float) -> None:
    """The answer in words above the box's upper left corner, or inside where there is no room."""
    size = max(14, round(max(image.size) / 28))
    left, top = round(box[0] * ratio), round(box[1] * ratio) - round(1.4 * size)
    shown = fitted(text, size, image.width - 2 * (size // 4))
    draw = ImageDraw.Draw(image)
    wide = text_width(shown, size) + 2 * (size // 4)
    left, top = max(0, min(left, image.width - wide)), max(0, top)
    draw.rectangle((left, top, left + wide, top + round(1.4 * size)), fill=SAID)
    write(draw, (left + size // 4, top + size // 8), shown, size, PAPER)
