"""How torch's threads wait for one another."""

import os
import sys


def calm_threads() -> None:
    """Let torch's waiting threads sleep: set OMP_WAIT_POLICY=PASSIVE, unless the user has set it.

    Call it before torch is imported. OpenMP's threads spin while they wait, so two torch processes on one
    laptop take each other's cores: a step of 0.25 s was measured at 4 s. OpenMP reads the variable once, when
    torch is imported; after that it is left alone, so that it keeps telling the truth about this process.
    """
    if "torch" not in sys.modules:
        os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
