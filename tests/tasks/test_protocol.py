"""What a task has to say, as CONTRIBUTING.md and the decisions list it."""

import re
from pathlib import Path

import pytest

from striate.tasks.task import Task

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("page", ["CONTRIBUTING.md", "docs/decisions/0024-tasks.md"])
def test_the_pages_list_what_every_task_has_to_say(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    (listed,) = re.findall(r"(?:to\s+be written|has to say): (`choose`[^.]*)\.", text)
    assert set(re.findall(r"`(\w+)`", listed)) == Task.__abstractmethods__
