"""Oracle: the system's own count of pages that were mapped at their first touch."""

import os
import platform
import subprocess
import sys

import pytest

FAULTS = """
import resource
import striate; striate.tune_process()
import torch
for rounds in (15, 3):  # the heap has found its places before what is counted
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(rounds):
        torch.ones(2**24)  # 64 MiB, above what glibc keeps by itself
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(**environment: str) -> int:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("MALLOC_", "GLIBC_"))}
    done = subprocess.run(
        [sys.executable, "-c", FAULTS], env=kept | environment, capture_output=True, text=True, check=True
    )
    return int(done.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can be told to keep freed memory")
def test_a_freed_tensor_makes_room_for_the_next_unless_the_user_has_set_malloc() -> None:
    pages = 3 * 2**26 // os.sysconf("SC_PAGESIZE")
    assert faults() < pages / 100
    assert faults(MALLOC_TRIM_THRESHOLD_="131072", MALLOC_MMAP_THRESHOLD_="131072") > pages / 2
