"""How torch's threads wait for one another."""

import os
import sys

# Turns of a waiting thread before it sleeps, a few hundredths of a millisecond: they bridge the gaps between
# the operations of a step, and a core that another process needs is soon let go of (decision 0007).
SPINS = 1000


def calm_threads() -> None:
    """Let torch's waiting threads sleep soon: set OMP_WAIT_POLICY and GOMP_SPINCOUNT, unless the user has.

    Call it before torch is imported. OpenMP's threads spin while they wait, so two torch processes on one
    laptop take each other's cores: a step of 0.25 s was measured at 4 s. OpenMP reads the variables when
    torch is imported; after that they are left alone, so that they keep telling the truth about this process.
    """
    if "torch" not in sys.modules and "OMP_WAIT_POLICY" not in os.environ:
        os.environ["OMP_WAIT_POLICY"] = "PASSIVE"
        os.environ.setdefault("GOMP_SPINCOUNT", str(SPINS))
