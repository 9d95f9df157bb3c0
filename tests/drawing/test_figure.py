"""Headings that fit their width."""

from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from striate.drawing.figure import TITLE, WIDTH, Heading, headed, wrapped
from striate.drawing.lettering import text_width

WORDS = st.lists(st.text("abcdefgMW_.", min_size=1, max_size=40), max_size=12)


@given(WORDS, st.integers(120, 1000))
def test_no_line_is_wider_than_its_room_and_no_word_is_lost(words, width):
    lines = wrapped(" ".join(words), width, 24)
    assert all(text_width(line, 24) <= width for line in lines)
    assert len(" ".join(lines).split()) == len(words)


def test_a_long_title_takes_more_lines_and_the_body_stays_below_it():
    body = Image.new("RGB", (400, 50), (255, 0, 0))
    short = headed(body, Heading("Title"))
    long = headed(body, Heading("a long title " * 12, "and a line"), foot="and a foot")
    assert short.width == long.width == WIDTH
    assert long.height > short.height + 2 * TITLE
    assert short.getpixel((WIDTH // 2, short.height - 20)) == (255, 0, 0)
    column = [long.getpixel((WIDTH // 2, y)) for y in range(long.height)]
    assert column.count((255, 0, 0)) == 50
