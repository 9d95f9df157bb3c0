"""Importing the library leaves the process alone; the command and `tune_process` set it up.

Oracles: os.environ, and the system's own count of pages that were mapped at their first touch.
"""

import json
import os
import platform
import subprocess
import sys

import pytest

POLICIES = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")
TOLD = """
import json, os, sys, resource
before = dict(os.environ)
{first}
import torch
for rounds in (15, 3):  # the heap has found its places before what is counted
    faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(rounds):
        torch.ones(2**24)  # 64 MiB, above what glibc keeps by itself
faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - faults
print(json.dumps([{{k: v for k, v in os.environ.items() if before.get(k) != v}}, faults]))
"""
COMMAND = """
sys.argv = ["striate", "models", "--json"]
from striate.cli.main import main
stdout, sys.stdout = sys.stdout, open(os.devnull, "w")
try:
    main()
except SystemExit:
    pass
sys.stdout = stdout
"""
PAGES = 3 * 2**26 // (os.sysconf("SC_PAGESIZE") if hasattr(os, "sysconf") else 4096)
kept_by_glibc = pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc", reason="only glibc can be told to keep freed memory"
)


def told(first: str) -> tuple[dict[str, str], int]:
    """What has changed in a new process's environment, and the pages its freed tensors took anew."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("OMP_", "GOMP_", "MALLOC_", "GLIBC_"))}
    done = subprocess.run(
        [sys.executable, "-c", TOLD.format(first=first)], env=kept, capture_output=True, text=True, check=True
    )
    changed, faults = json.loads(done.stdout.splitlines()[-1])
    return changed, faults


@kept_by_glibc
@pytest.mark.parametrize(
    "first",
    ["import striate", "import striate; striate.train, striate.load, striate.check"],
    ids=["package", "verbs"],
)
def test_importing_the_library_changes_neither_environment_nor_allocator(first: str) -> None:
    changed, faults = told(first)
    assert not set(POLICIES) & set(changed)
    assert faults > PAGES / 2  # as of a process without Striate


@kept_by_glibc
@pytest.mark.parametrize(
    "first", ["import striate; striate.tune_process()", COMMAND], ids=["function", "command"]
)
def test_the_command_and_the_function_set_the_process_up(first: str) -> None:
    changed, faults = told(first)
    assert [changed.get(name) for name in POLICIES] == ["PASSIVE", "1000"]
    assert faults < PAGES / 100
