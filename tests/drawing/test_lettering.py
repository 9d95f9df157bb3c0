"""Letters of any script are drawn, or said by their code: never an empty box."""

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from striate.drawing import lettering
from striate.drawing.figure import Heading, headed
from striate.drawing.lettering import NOTE, drawable, fitted, has_codes, text_width, write
from striate.drawing.overlay import Panel, sheet

CAT = "\u732b"  # Chinese


@pytest.fixture
def no_system_font(monkeypatch):
    """A machine without any font of its own."""
    monkeypatch.setattr(lettering, "_system_fonts", lambda: ())


def pixels(text, size=40):
    image = Image.new("RGB", (900, 80))
    write(ImageDraw.Draw(image), (10, 10), text, size, (255, 255, 255))
    return image


def test_what_no_font_has_is_its_code_and_an_emoji_its_name(no_system_font):
    assert drawable(f"{CAT}2") == "U+732B 2"
    assert drawable("\N{SAUROPOD}!") == ":sauropod: !"
    assert drawable("\u0915\u0916") == "U+0915 U+0916"  # Devanagari
    assert drawable("a\x07\u202eb") == "a U+0007 U+202E b"  # bell; what turns the rest of a line round
    assert pixels(CAT).tobytes() == pixels("U+732B").tobytes()


@given(st.text(max_size=30))
@example("\u2029")  # ends a paragraph, which layout engines refuse
def test_what_is_drawn_is_drawn_as_itself_and_is_never_a_box(text):
    shown = drawable(text)
    assert drawable(shown) == shown
    box = lettering._font(None, 24).getmask(lettering.NOWHERE)
    if lettering._font_name(shown) is None:
        assert all(
            bytes(lettering._font(None, 24).getmask(sign)) != bytes(box) for sign in set(shown) - {" "}
        )
    assert not has_codes(shown)


def test_english_is_written_in_pillows_font_also_where_there_are_others():
    assert lettering._font_name("grad-cam at features.8, 99.5 % (true)…") is None
    assert drawable("Cafe\u0301") in ("Caf\u00e9", "Cafe")  # two code points, one letter


@pytest.mark.parametrize(
    "text",
    [
        "W\u00fcrfel, Stra\u00dfe \u2013 \u0159 \u00d1",
        "\u043a\u043e\u0442",
        "\u03b3\u03ac\u03c4\u03b1",
        "\u0141\u00f3d\u017a",
        "\u0111\u1eb7c",
    ],
)
def test_latin_greek_and_cyrillic_are_drawn_the_same_whatever_fonts_a_machine_has(monkeypatch, text):
    here = pixels(text).tobytes()
    monkeypatch.setattr(lettering, "_system_fonts", lambda: ())
    assert drawable(text) == text and not has_codes(text)
    assert pixels(text).tobytes() == here


def test_the_font_that_comes_with_the_package_has_its_licence_beside_it():
    font = Path(lettering.BUNDLED)
    assert "Bitstream" in font.with_name("DejaVuSans-LICENSE.txt").read_text()
    assert font.stat().st_size < 1_000_000


def test_a_system_font_that_knows_the_line_takes_it(monkeypatch):
    monkeypatch.setattr(lettering, "_system_fonts", lambda: ("none", "narrow", "wide"))
    monkeypatch.setattr(
        lettering,
        "_knows",
        lambda name, sign: (
            sign in {None: "ab", lettering.BUNDLED: "", "none": "", "narrow": CAT}.get(name, f"ab{CAT}")
        ),
    )
    assert lettering._font_name("ab") is None
    assert lettering._font_name(f"a{CAT}") == "wide"


@given(st.text(max_size=60), st.integers(20, 400))
def test_a_fitted_line_is_as_narrow_as_it_must_be_and_no_narrower(text, width):
    line = fitted(text, 24, width)
    whole = " ".join(drawable(text).split())
    if line != whole:
        assert line.endswith("…") and whole.startswith(line[:-1])
        assert text_width(line, 24) <= width or line == "…"
    else:
        assert text_width(line, 24) <= width


@given(st.text("abc def", min_size=30, max_size=60), st.integers(40, 200))
def test_one_letter_more_would_not_fit(text, width):
    whole, line = " ".join(text.split()), fitted(text, 24, width)
    if line != whole:
        kept = len(line) - 1
        longer = next(end for end in range(kept + 1, len(whole) + 1) if whole[:end].rstrip() != line[:-1])
        assert text_width(whole[:longer] + "…", 24) > width


def test_what_turns_a_line_round_is_never_drawn_whatever_fonts_there_are():
    assert "\u202e" not in drawable("gnp.\u202etac")
    assert has_codes("gnp.\u202etac")


def test_lines_of_all_fonts_stand_on_one_baseline():
    def lowest(text):
        return pixels(text).getbbox()[3]

    others = [lowest(text) for text in ("\u041d", "\u0397") if not has_codes(text)]
    assert all(abs(one - lowest("H")) <= 1 for one in others)


def test_a_figure_with_codes_says_what_they_are(no_system_font):
    body = Image.new("RGB", (200, 20))
    plain = headed(body, Heading("cat"))
    assert headed(body, Heading("cat"), written=["cat"]).height == plain.height
    for noted in (headed(body, Heading(CAT)), headed(body, Heading("cat"), written=[CAT])):
        assert noted.height > plain.height
    panel = Panel(Image.new("RGB", (640, 20)), "cat")
    noted = sheet("cat", [], [Panel(panel.image, CAT)], 1)
    assert noted.height > sheet("cat", [], [panel], 1).height
    assert not has_codes(NOTE)
