"""Curves over pictures: points at their heights, pictures below their amounts."""

from PIL import Image

from striate.drawing.course_figure import LEFT, Curve, course_figure
from striate.drawing.figure import MARGIN, WIDTH, Heading
from striate.drawing.palette import SERIES

RED = (255, 0, 0)


def draw(values, full=None, pictures=True, names=("net",)):
    curves = [Curve(name, values, full) for name in names]
    shown = [Image.new("RGB", (30, 30), RED)] * len(values) if pictures else []
    return course_figure(curves, [str(i) for i in range(len(values))], shown, Heading("T"), axis="x")


def column_of(figure, place, count):
    step = (WIDTH - 2 * MARGIN - LEFT) // count
    x = MARGIN + LEFT + step * place + step // 2
    return [figure.getpixel((x, y)) for y in range(figure.height)]


def height_of(figure, place, count):
    """Middle of the point that stands at a place, below the legend."""
    rows = [y for y, colour in enumerate(column_of(figure, place, count)) if colour == SERIES[0] and y > 130]
    return (min(rows) + max(rows)) / 2


def test_points_lie_evenly_between_the_lines_of_0_and_100_percent():
    figure = draw([0.0, 0.5, 1.0])
    low, middle, high = (height_of(figure, place, 3) for place in range(3))
    assert high < middle < low
    assert abs((low + high) / 2 - middle) <= 1


def test_a_picture_stands_under_every_amount_and_a_hollow_point_is_paper_inside():
    figure = draw([0.5, 0.5, 0.5], full=[True, False, True])
    for place in range(3):
        assert RED in column_of(figure, place, 3)
    middle = round(height_of(figure, 0, 3))
    assert column_of(figure, 0, 3)[middle] == SERIES[0]
    assert column_of(figure, 1, 3)[middle] == (255, 255, 255)


def test_missing_values_leave_a_gap_and_no_pictures_make_a_lower_figure():
    with_gap = draw([0.5, None, 0.5], pictures=False)
    assert SERIES[0] not in column_of(with_gap, 1, 3)[130:]
    assert with_gap.height < draw([0.5, 0.5, 0.5]).height


def test_many_names_take_several_rows_of_the_legend():
    few, many = draw([0.5, 0.6]), draw([0.5, 0.6], names=["a long name of a network"] * 6)
    assert many.height > few.height
    assert few.width == many.width == WIDTH
