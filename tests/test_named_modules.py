"""No module names another by a string to get round the import contract: import-linter cannot see strings."""

import configparser
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "src" / "striate").rglob("*.py"))
NAMED = re.compile(r"""f?["']striate\.(\w+)\.[\w.{}:]+["']""")


def floors() -> dict[str, int]:
    """Every room's height in the contract; those on one line are strangers to each other."""
    contract = configparser.ConfigParser()
    contract.read(ROOT / ".importlinter")
    layers = contract["importlinter:contract:rooms"]["layers"].strip().splitlines()
    return {room.strip(" ()"): -number for number, layer in enumerate(layers) for room in layer.split("|")}


@pytest.mark.parametrize(
    "room", sorted({path.relative_to(ROOT / "src/striate").parts[0] for path in SOURCES})
)
def test_a_module_that_is_named_by_a_string_lies_in_the_same_room_or_below(room):
    height = floors()
    if room in ("__init__.py", "__main__.py"):
        return  # the door: its table of verbs is all that it has
    own = room.removesuffix(".py")
    for path in SOURCES:
        if path.relative_to(ROOT / "src/striate").parts[0] == room:
            for target in NAMED.findall(path.read_text(encoding="utf-8")):
                assert target == own or height[target] < height[own], f"{path} names striate.{target}"
