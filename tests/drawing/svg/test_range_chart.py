"""The chart of a range test is a picture that can be read, with its rates at their places."""

from xml.etree import ElementTree

from striate.drawing.svg.range_chart import range_chart


def test_points_lie_on_a_logarithmic_axis_and_the_lowest_is_marked():
    svg = ElementTree.fromstring(range_chart([1e-3, 1e-2, 1e-1], [2.0, 1.0, 3.0], 1e-2, 1e-3))
    space = "{http://www.w3.org/2000/svg}"
    points = [tuple(map(float, p.split(","))) for p in svg.find(f"{space}polyline").get("points").split()]
    assert points[1][0] - points[0][0] == points[2][0] - points[1][0] > 0
    assert max(points, key=lambda point: point[1]) == points[1]  # downwards is less
    circle = svg.find(f"{space}circle")
    assert (float(circle.get("cx")), float(circle.get("cy"))) == points[1]
    assert "0.001 was taken" in svg.get("aria-label")
