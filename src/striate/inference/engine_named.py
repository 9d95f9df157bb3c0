"""`--engine`: a predictor served by an engine that somebody named."""

from dataclasses import dataclass
from os import PathLike

from striate.engines.choosing import parse_choice
from striate.events import Listener, Warned, silent
from striate.inference.int8 import in_int8
from striate.inference.open_run import open_run
from striate.inference.predictor import Predictor
from striate.inference.views import PLAIN, Views

OWN = "auto"  # the engine that the run's end chose; torch for a network that is no run's


@dataclass(frozen=True, slots=True)
class Serving:
    """How a network is asked: where, in which engine, about which views of every picture.

    Attributes:
        device: where it computes.
        engine: as in `striate.load`.
        views: what is asked about besides every picture as it is.
    """

    device: str = "cpu"
    engine: str = OWN
    views: Views = PLAIN


USUAL = Serving()


def open_served(
    run: str | PathLike[str],
    weights: str | PathLike[str] | None = None,
    serving: Serving = USUAL,
    on_event: Listener = silent,
) -> Predictor:
    """`open_run` with the engine that was asked for.

    Raises:
        StriateError: as `open_run`; or the engine is not there, or has no int8 for this run.
    """
    found = open_run(run, weights, serving.device, on_event, serving.views)
    if serving.engine == OWN:
        return found
    own, asked = found.engine.choice if found.engine else None, parse_choice(serving.engine)
    if asked.precision == "int8":
        return in_int8(found, run, on_event)
    if asked.precision != "fp32" and asked != own:
        on_event(Warned(f"{asked} was not found to agree with torch for this network: check its answers"))
    return found.served_by(asked, on_event, required=True)
