"""A start is quick: help imports nothing heavy. And it completes names."""

import json
import os
import subprocess
import sys

import pytest

HEAVY = ["torch", "numpy", "pydantic", "rich", "matplotlib", "lightning_fabric", "PIL"]
ASK = """
import sys
sys.argv = {words}
from striate.cli.main import main
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
import json
import os
print(json.dumps([name for name in {heavy} if name in sys.modules]))
"""


def imported_by(*words: str) -> list[str]:
    code = ASK.format(words=["striate", *words], heavy=HEAVY)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    found: list[str] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.parametrize(
    "words",
    [
        ["--help"],
        ["train", "--help"],
        ["predict", "--help"],
        ["check", "-h"],
        ["inspect", "--help"],
        ["explain", "--help"],
        ["demo", "--help"],
        ["compose", "--help"],
        ["--version"],
    ],
)
def test_help_imports_nothing_heavy(words):
    assert imported_by(*words) == []


def test_models_reads_its_table_without_torch():
    found = imported_by("models", "--json")
    assert "torch" not in found and "numpy" not in found


def test_import_striate_imports_nothing_heavy():
    code = f"import striate, sys, json; print(json.dumps([n for n in {HEAVY} if n in sys.modules]))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []


@pytest.mark.parametrize("suffix", ["png", "jpg"])
def test_predict_imports_no_fabric_scikit_learn_matplotlib_or_torchvision(
    digits_run, digits, tmp_path, suffix
):
    from PIL import Image

    picture = tmp_path / f"picture.{suffix}"
    Image.open(digits / "digit 0" / "000.png").save(picture)
    code = (
        "import sys; from striate.cli.main import main\n"
        f"sys.argv = ['striate', 'predict', {str(digits_run)!r}, {str(picture)!r}]\n"
        "try:\n    main()\nexcept SystemExit: pass\n"
        "names = ('lightning_fabric', 'sklearn', 'matplotlib', 'scipy', 'sympy', 'torchvision', "
        "'torch._dynamo')\n"
        "print([n for n in names if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("words", "at", "expected"),
    [
        ("striate tr", 1, {"train"}),
        ("striate train x --model book_m", 4, {"book_mnist"}),
        ("striate re", 1, {"report"}),
    ],
)
def test_the_shell_completes_commands_and_networks(words, at, expected):
    import os

    environment = {
        **os.environ,
        "COMP_WORDS": words,
        "COMP_CWORD": str(at),
        "_STRIATE_COMPLETE": "complete_bash",
    }
    code = "import sys; sys.argv = ['striate']; from striate.cli.main import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False
    )
    assert set(done.stdout.split()) == expected


@pytest.mark.parametrize("words", [["models"], ["--version"]], ids=["long", "short"])
def test_a_reader_that_has_enough_ends_the_command_in_silence(words):
    """As in `striate models | head -0`: long texts break the pipe while written, short ones later."""
    reads, writes = os.pipe()
    os.close(reads)
    done = subprocess.run(
        [sys.executable, "-m", "striate", *words],
        stdout=writes,
        stderr=subprocess.PIPE,
        text=True,
        env={name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"},
        check=False,
    )
    os.close(writes)
    assert (done.returncode, done.stderr) == (1, "")
