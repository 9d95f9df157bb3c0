"""`train --dry-run`: what would be trained, how long it would take and in how much memory; writes nothing."""

import sys
from dataclasses import asdict
from os import PathLike
from time import monotonic
from typing import Any

import torch

from striate.errors import StriateError
from striate.events import Listener, silent
from striate.trainer.loggers import require_logger
from striate.trainer.measured_once import NOTHING
from striate.trainer.options import options_of
from striate.trainer.preparing import prepare
from striate.trainer.reckoning.duration import finishing_seconds, training_seconds
from striate.trainer.reckoning.measuring import fit_closed_form_first, paces_of
from striate.training.stages import Stage
from striate.training.trials.pace import Pace


def dry_run(
    *, config: str | PathLike[str] | None = None, on_event: Listener = silent, **given: Any
) -> dict[str, Any]:
    """Read the pictures, build the network and try a few steps of every stage on a copy.

    Args:
        config: a TOML file with options of `train`.
        on_event: is told what happens.
        given: the options of `train`.

    Returns:
        What would be trained, as in config.toml's [resolved], with the parts of the data and an `estimate`:
        seconds, of which reading, training and finishing; least_seconds, without the stages that are left out
        once validation is good enough; and the process's largest memory in bytes.
    """
    began = monotonic()
    kept = {key: value for key, value in given.items() if value is not None}
    if kept.pop("resume", None) is not None:
        raise StriateError("--dry-run says what a new run would be; leave out --resume.")
    options = options_of({**kept, "devices": 1}, config)  # the steps that are tried need no other process
    require_logger(options.log)
    with torch.random.fork_rng(devices=[]):
        prepared = prepare(options, NOTHING, on_event, began)
        setup, data = prepared.setup, prepared.data
        solving = monotonic()
        fit_closed_form_first(setup, data)
        solving = monotonic() - solving
        paces = paces_of(setup, data)
        finishing = finishing_seconds(setup, data)
    split = data.split

    def seconds(some: list[tuple[Pace, Stage]]) -> float:
        return solving + training_seconds(
            [pace for pace, _ in some], [stage for _, stage in some], setup.recipe.batch_size, data
        )

    every = list(zip(paces, setup.stages, strict=True))
    training, least = seconds(every), seconds([one for one in every if one[1].skip_above is None])
    return {
        **prepared.resolved,
        "classes": list(setup.task.classes(data.dataset)),
        "preprocessing": asdict(data.preprocessing),
        "pictures": {
            "train": len(split.train),
            "validation": len(split.validation),
            "test": len(split.test) if data.external is None else len(data.external.rows),
            "skipped": len(data.skipped),
        },
        "estimate": {
            "seconds": round(prepared.reading + training + finishing, 1),
            "least_seconds": round(prepared.reading + least + finishing, 1),
            "reading_seconds": round(prepared.reading, 1),
            "training_seconds": round(training, 1),
            "finishing_seconds": round(finishing, 1),
            "memory_bytes": peak_memory(),
        },
    }


def peak_memory() -> int | None:
    """The largest memory that this process has had, bytes; None where the system does not tell."""
    try:
        from resource import RUSAGE_SELF, getrusage
    except ImportError:  # Windows
        return None
    peak = getrusage(RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
