"""How long help takes, as a multiple of a bare interpreter's start.

Claim: `striate --help` and `striate train --help` take under 20 times `python -c pass`, so help must not
import torch, numpy or pydantic. The peer is the same interpreter, which sits beside the installed `striate`
script; nothing else differs. Help is written to a pipe.

    python benchmarks/help_start.py [ROUNDS]
"""

import os
import sys
from pathlib import Path

from timing import alternate, command, write_result

from striate.machine import threads

GOAL = 20.0
ROUNDS = 15
BARE = "python -c pass"


def console_script() -> Path:
    """The installed `striate` beside this interpreter; a virtual environment's link is not followed."""
    script = Path(sys.executable).parent / ("striate.exe" if os.name == "nt" else "striate")
    if not script.is_file():
        raise SystemExit(
            f"{script} is missing; install Striate into this environment first: pip install -e ."
        )
    return script


def main(arguments: list[str]) -> None:
    """Measure, print, write benchmarks/results/help_start.json."""
    rounds = int(arguments[0]) if arguments else ROUNDS
    threads.calm_threads()
    script = str(console_script())
    timings = alternate(
        {
            BARE: command([sys.executable, "-c", "pass"]),
            "striate --help": command([script, "--help"]),
            "striate train --help": command([script, "train", "--help"]),
        },
        rounds,
    )
    ratios = {name: timing.ratio_to(timings[BARE]) for name, timing in timings.items() if name != BARE}
    for timing in timings.values():
        print(timing)
    for name, ratio in ratios.items():
        print(f"{name:<28} {ratio:9.1f} times a bare start; goal under {GOAL:.0f}: {verdict(ratio)}")
    results = {"ratios": ratios, "goal": GOAL, "reached": all(ratio < GOAL for ratio in ratios.values())}
    print(
        write_result("help_start", "help takes under 20 times a bare interpreter's start", timings, results)
    )


def verdict(ratio: float) -> str:
    """Reached or missed."""
    return "reached" if ratio < GOAL else "MISSED"


if __name__ == "__main__":
    main(sys.argv[1:])
