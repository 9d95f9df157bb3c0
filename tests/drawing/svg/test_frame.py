"""One frame for every SVG drawing."""

from pathlib import Path
from xml.etree import ElementTree

import striate
from striate.drawing.svg.frame import as_file, in_page


def test_a_drawing_says_what_it_shows_and_a_file_is_read_by_an_xml_parser():
    content, said = '<circle r="1"/>', 'more "than" 1 < 2'
    page, file = (
        ElementTree.fromstring(in_page(10, 20, said, content)),
        ElementTree.fromstring(as_file(10, 20, said, content)),
    )
    for drawn in (page, file):
        assert drawn.get("viewBox") == "0 0 10 20" and drawn.get("role") == "img"
        assert drawn.get("aria-label") == said
    assert page.tag == "svg" and file.tag == "{http://www.w3.org/2000/svg}svg" and file.get("height") == "20"


def test_no_other_file_opens_an_svg():
    sources = Path(striate.__file__).parent.rglob("*.py")
    assert [one.name for one in sources if "<svg " in one.read_text() or "<svg{" in one.read_text()] == [
        "frame.py"
    ]
