"""A box on a picture that shows on light and on dark ground."""

from PIL import Image, ImageDraw

Box = tuple[int, int, int, int]
LIGHT, DARK = (255, 255, 255), (20, 20, 20)


def draw_box(image: Image.Image, box: Box) -> None:
    """A white frame with dark edges inside `box` (x1, y1, x2, y2, the last two outside), in place."""
    width = max(1, round(max(image.size) / 300))
    draw = ImageDraw.Draw(image)
    x1, y1, x2, y2 = box
    for inset, colour in ((0, DARK), (width, LIGHT), (2 * width, DARK)):
        corners = (x1 + inset, y1 + inset, x2 - 1 - inset, y2 - 1 - inset)
        if corners[2] > corners[0] and corners[3] > corners[1]:
            draw.rectangle(corners, outline=colour, width=width)
