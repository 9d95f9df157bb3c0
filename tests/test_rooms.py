"""No file leads back to itself: what import contracts between rooms cannot see within one."""

from pathlib import Path

from tools.circles import circles, imports_of

ROOT = Path(__file__).resolve().parents[1]


def test_no_circle_of_files():
    assert circles(imports_of(ROOT / "src")) == []


def test_a_circle_would_be_noticed(tmp_path):
    texts = {
        "one.py": "from room.two import a\n",
        "two.py": "def a():\n    import room.three\n",
        "three.py": "from room import one\n",
        "four.py": "from room import three\n",
        "five.py": "import json\n",
    }
    (tmp_path / "room").mkdir()
    for name, text in texts.items():
        (tmp_path / "room" / name).write_text(text)
    assert circles(imports_of(tmp_path)) == [["room.one", "room.three", "room.two"]]
