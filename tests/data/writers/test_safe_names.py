"""Names that every system takes."""

import re
from pathlib import PureWindowsPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from striate.data.paths.files import is_hidden
from striate.data.writers.safe_names import SingleNames, class_folders, renamed_folders, safe_name

RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))}


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("cat.png", "cat.png"),
        ("Café 7 (2).JPG", "Café 7 (2).JPG"),
        ("a/b\\c", "a_b_c"),
        ("../../etc/passwd", "_.._.._etc_passwd"),
        ("line\nbreak\t.png", "line_break_.png"),
        ("NUL", "_NUL"),
        ("con.png", "_con.png"),
        ("LPT1", "_LPT1"),
        ("console", "console"),
        ("dots...", "dots"),
        (" space ", "space"),
        (".hidden", "_.hidden"),
        ("Thumbs.db", "_Thumbs.db"),
        ("..", "_"),
        ("", "_"),
        ("T-shirt/top", "T-shirt_top"),
        ('what?*<>|":', "what_"),
    ],
)
def test_examples(name: str, safe: str):
    assert safe_name(name) == safe


@given(st.text(max_size=300))
def test_no_system_objects_to_a_safe_name(name: str):
    safe = safe_name(name)
    assert safe and not is_hidden(safe) and safe[-1] not in ". "
    assert not re.search(r'[\x00-\x1f<>:"/\\|?*]', safe)
    assert safe.split(".")[0].rstrip().lower() not in RESERVED
    assert PureWindowsPath(safe).name == safe
    assert len(safe.encode()) <= 121
    assert safe_name(safe) == safe or len(name.encode()) > 100


@given(st.lists(st.sampled_from(["a.png", "A.png", "a-2.png", "b", "B", "a/.png", "a?.png"]), max_size=12))
def test_names_differ_even_where_case_does_not_count(names: list[str]):
    single = SingleNames()
    given_names = [single.single(name).casefold() for name in names]
    assert len(set(given_names)) == len(names)


def test_a_long_name_keeps_its_extension():
    assert safe_name("é" * 200 + ".jpeg").endswith("é.jpeg")
    assert len(safe_name("é" * 200 + ".jpeg").encode()) <= 120


def test_a_class_keeps_its_name_where_it_can_and_the_others_are_told():
    folders = class_folders(["a/b", "a_b", "cat", "CAT", "unsure"], reserved=["unsure"])
    assert folders == {"a/b": "a_b-2", "a_b": "a_b", "cat": "cat", "CAT": "CAT-2", "unsure": "unsure-2"}
    assert renamed_folders(folders) == [
        "class 'a/b' is in the folder 'a_b-2': not every system takes its name",
        "class 'CAT' is in the folder 'CAT-2': another folder has its name",
        "class 'unsure' is in the folder 'unsure-2': another folder has its name",
    ]
