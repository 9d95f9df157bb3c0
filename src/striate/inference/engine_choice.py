"""Which engine serves a run: chosen once, at its end, by comparison with torch on validation pictures."""

from dataclasses import asdict
from typing import Any

import torch
from jaxtyping import Shaped
from torch import Tensor

from striate.engines.choosing import Choice, candidates
from striate.engines.openvino_engine import one_conversion
from striate.engines.runner import SMALLEST, is_worth_converting
from striate.events import Listener, Note
from striate.inference.predictor import Predictor
from striate.machine.versions import versions
from striate.shapes import Pictures

LEAST_AGREEMENT = 0.995  # of the first answers; below 200 pictures that is all of them
COMPARED = 1024  # pictures at most, spread over the validation part
OUTPUT_BYTES = 256 * 2**20  # of one engine at most: of outputs as large as pictures fewer are compared


def choose_engine(
    predictor: Predictor, pictures: Pictures, on_event: Listener
) -> tuple[Predictor, dict[str, Any]]:
    """The predictor with the quickest engine that agrees with torch, and the record of how that was found.

    Args:
        predictor: served by torch in fp32.
        pictures: of the validation part, at the network's size; of many, some are compared.
        on_event: is told of engines that were refused.
    """
    sample = spread(pictures, COMPARED)
    if len(sample) > 1:
        sample = spread(sample, _most(predictor, sample))
    record: dict[str, Any] = {"pictures": len(sample), "least_agreement": LEAST_AGREEMENT}
    with one_conversion():
        served, reason, tried = _first_that_agrees(predictor, sample, on_event)
    chosen = served.engine.choice if served.engine else Choice()
    if chosen != Choice():
        on_event(Note(f"answers come from {chosen}: {reason}"))
    installed = versions()
    record |= {"engine": chosen.engine, "precision": chosen.precision, "reason": reason, "tried": tried}
    record |= {"versions": {name: installed[name] for name in ("torch", "openvino")}}
    return served, record


def spread(pictures: Shaped[Tensor, "N ..."], most: int) -> Shaped[Tensor, "some ..."]:
    """At most `most` of the pictures, or of their rows, evenly spread."""
    if len(pictures) <= most:
        return pictures
    return pictures[torch.linspace(0, len(pictures) - 1, most).round().to(torch.int64)]


def _first_that_agrees(
    predictor: Predictor, sample: Pictures, on_event: Listener
) -> tuple[Predictor, str, list[dict[str, Any]]]:
    """The predictor as it is to be served, why, and how the engines compared that were tried."""
    stays = predictor.served_by(Choice())
    possible = candidates(on_cpu=next(predictor.module.parameters()).device.type == "cpu")
    size_chw = (predictor.preprocessing.channels, *predictor.preprocessing.size_hw)
    if not possible:
        return stays, "no other engine is installed for this device", []
    if not is_worth_converting(predictor.module, size_chw):
        return stays, f"fewer than {SMALLEST:,} multiply-adds a picture: torch is as quick", []
    if len(sample) == 0:
        return stays, "no validation pictures to compare another engine with torch on", []
    reference, tried = stays.outputs(sample), list[dict[str, Any]]()
    for choice in possible:
        other = predictor.served_by(choice, on_event)
        if other.engine is None or other.engine.opened.name != choice.engine:
            return stays, f"{choice.engine} cannot run this network", tried
        found = predictor.task.agreement(other.outputs(sample), reference)
        tried.append({"engine": choice.engine, "precision": choice.precision, **asdict(found)})
        alike = f"{round(found.agreement * len(sample)):,} of {len(sample):,} validation pictures"
        same = f"torch's answer for {alike}"
        if found.agreement >= LEAST_AGREEMENT:
            return other, f"the quickest that gives {same}", tried
        on_event(Note(f"{choice} gives {same}: too few, not used"))
    return stays, "no other engine agrees with torch", tried


def _most(predictor: Predictor, sample: Pictures) -> int:
    """How many pictures can be compared in the memory that is meant for their outputs."""
    bytes_each = sum(one.numel() * one.element_size() for one in predictor.outputs(sample[:1]))
    return max(1, OUTPUT_BYTES // max(1, bytes_each))
