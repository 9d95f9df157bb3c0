"""No cell runs in a spreadsheet, and reading undoes the guard."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from striate.files.csv_cells import csv_text, guarded, unguarded


@pytest.mark.parametrize(
    "text", ["=1+1", "+cmd", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "=HYPERLINK(0)"]
)
def test_what_a_spreadsheet_would_run_gets_an_apostrophe(text: str):
    assert guarded(text) == f"'{text}" and unguarded(f"'{text}") == text


@pytest.mark.parametrize("text", ["", "cat", "a=b", "'quoted'", "-1", "+0.5", "-.5e-3", "1-2"])
def test_words_and_plain_numbers_stay_as_they_are(text: str):
    assert guarded(text) == text == unguarded(text)


@given(st.text(alphabet="'=+-@\t\r\n1a,\"", max_size=6))
def test_reading_undoes_writing(text: str):
    (row,) = csv.reader(io.StringIO(csv_text([[text, "x"]], csv.QUOTE_ALL), newline=""))
    assert [unguarded(cell) for cell in row] == [text, "x"]
    assert row[0][:1] not in {"=", "@", "\t", "\r", "\n"}
