"""`train --dry-run`: what would be trained, how long it would take and in how much memory; writes nothing."""

import sys
from dataclasses import asdict
from os import PathLike
from time import monotonic
from typing import Any

import torch

from striate.data.epoch_length import epoch_steps
from striate.errors import StriateError
from striate.events import Listener, silent
from striate.inference.engine_choice import COMPARED, choose_engine, spread
from striate.inference.predictor import Predictor
from striate.trainer.loggers import require_logger
from striate.trainer.measuring import REPORT, paces_of, solve_first
from striate.trainer.options import options_of
from striate.trainer.preparing import Prepared, prepare
from striate.trainer.trainee import resolved
from striate.training.pace import seconds_of

SHOWN = 64  # pictures that are answered to time it


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
        prepared = prepare(options, None, on_event, began)
        trainee, material = prepared.trainee, prepared.material
        solving = monotonic()
        solve_first(trainee, material)
        solving = monotonic() - solving
        paces = paces_of(trainee, options, material)
        finishing = _finishing_seconds(prepared)
    split = material.split
    steps = epoch_steps(len(split.train), trainee.recipe.batch_size)
    judged = len(split.validation) or len(split.train)
    training = solving + seconds_of(paces, trainee.stages, steps, judged)
    certain = [
        (pace, stage) for pace, stage in zip(paces, trainee.stages, strict=True) if stage.enough is None
    ]
    least = solving + seconds_of(
        [pace for pace, _ in certain], [stage for _, stage in certain], steps, judged
    )
    return {
        **resolved(options, prepared.plan, material, trainee),
        "classes": list(material.dataset.classes),
        "preprocessing": asdict(material.preprocessing),
        "pictures": {
            "train": len(split.train),
            "validation": len(split.validation),
            "test": len(split.test) if material.elsewhere is None else len(material.elsewhere.rows),
            "skipped": len(material.skipped),
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


def _finishing_seconds(prepared: Prepared) -> float:
    """How long choosing an engine, calibration, the measurement at the end and the report take."""
    material, module = prepared.material, prepared.trainee.network.eval()
    network = Predictor(
        prepared.plan.model,
        module,
        prepared.trainee.task,
        material.preprocessing,
        tuple(material.dataset.classes),
    )
    rows = torch.as_tensor(material.split.validation, dtype=torch.int64)
    began = monotonic()
    network, _ = choose_engine(network, material.store.pictures[spread(rows, COMPARED)], silent)
    choosing = monotonic() - began
    shown = material.store.pictures[torch.tensor(material.split.train[:SHOWN])]
    began = monotonic()
    network.outputs(shown)
    each = (monotonic() - began) / len(shown)
    measured = material.elsewhere.rows if material.elsewhere is not None else material.split.test
    return REPORT + choosing + (len(rows) + len(measured)) * each


def peak_memory() -> int | None:
    """The largest memory that this process has had, bytes; None where the system does not tell."""
    try:
        from resource import RUSAGE_SELF, getrusage
    except ImportError:  # Windows
        return None
    peak = getrusage(RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
