"""What a run records of the machine that it was trained on. Imports torch."""

import platform
from typing import Any

from striate.machine.cpu import cpu
from striate.machine.memory import memory
from striate.machine.versions import versions


def describe() -> dict[str, Any]:
    """The environment of a run, as `environment.json` keeps it."""
    import torch

    installed, processor = versions(), cpu()
    return {
        "striate": installed["striate"],
        "python": installed["python"],
        # With the build, as in 2.14.1+cpu, which package metadata may leave out.
        "torch": str(torch.__version__),
        "torchvision": installed["torchvision"],
        "numpy": installed["numpy"],
        "pillow": installed["pillow"],
        "lightning-fabric": installed["lightning-fabric"],
        "platform": platform.platform(),
        "cpu": {"name": processor.name, "features": list(processor.features)},
        "threads": torch.get_num_threads(),
        "memory_bytes": memory().total,
    }
