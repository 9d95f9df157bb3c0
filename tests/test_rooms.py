"""What import contracts between rooms cannot see: circles of files, and who knows a single task."""

import re
from pathlib import Path

from tools.circles import circles, imports_of

from striate.tasks.catalog import TASKS

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


def strangers(imports, tasks):
    """Imports of a single task from outside its folder, as (importer, imported)."""
    own = [f"striate.tasks.{task}" for task in tasks]
    return sorted(
        (module, other)
        for module, others in imports.items()
        for other in others
        for folder in own
        if f"{other}.".startswith(f"{folder}.") and not f"{module}.".startswith(f"{folder}.")
    )


def test_nothing_outside_a_task_imports_it():
    """All that differs between tasks is asked of `find_task(NAME)`, whose table is text."""
    assert {task for task in TASKS if (ROOT / "src/striate/tasks" / task).is_dir()} == set(TASKS)
    assert strangers(imports_of(ROOT / "src"), TASKS) == []


def test_nothing_above_the_tasks_names_one():
    """Besides the default, which stands in one place, and the word `landmarks` for points."""
    named = re.compile("|".join(f'"{task}"' for task in TASKS))
    found = {
        str(path.relative_to(ROOT / "src" / "striate"))
        for path in (ROOT / "src").rglob("*.py")
        if named.search(path.read_text(encoding="utf-8"))
    }
    rooms = ("tasks/", "models/", "reports/sections/")  # below, and the one that has a file for each
    assert {name for name in found if not name.startswith(rooms)} == {
        "runs/default_task.py",
        "data/whole_truths.py",
    }


def test_an_import_of_a_single_task_would_be_noticed():
    step = "striate.tasks.locate.step"
    imports = {
        "striate.trainer.setup": {step, "striate.tasks.task"},
        "striate.tasks.landmarks.task": {"striate.tasks.locate.words"},
        "striate.tasks.locate.task": {step},
        "striate.tasks.locates": {"striate.tasks.recipes.locate"},
    }
    found = strangers(imports, ["locate", "landmarks"])
    assert found == [
        ("striate.tasks.landmarks.task", "striate.tasks.locate.words"),
        ("striate.trainer.setup", step),
    ]


def test_few_files_receive_all_options_of_a_training():
    """The others take the group or the value that they read (`trainer/option_groups.py`)."""
    whole = [
        str(path.relative_to(ROOT / "src" / "striate"))
        for path in sorted((ROOT / "src").rglob("*.py"))
        if re.search(r"\w+: TrainOptions", path.read_text(encoding="utf-8"))
    ]
    assert whole == [
        "actions/ladder.py",
        "actions/train.py",
        "trainer/options.py",
        "trainer/preparing.py",
        "trainer/transferring/learning_curve.py",
    ]
