"""What a run, or a person, wants a network to be run with; and what of that this machine can do."""

from dataclasses import dataclass

from striate.engines.engine import EngineName, Precision
from striate.engines.opening import has_bf16, is_installed, require_installed
from striate.errors import StriateError
from striate.events import Listener, Note


@dataclass(frozen=True, slots=True)
class Choice:
    """An engine and its precision; torch in fp32 is what runs everywhere."""

    engine: EngineName = "torch"
    precision: Precision = "fp32"

    @classmethod
    def of(cls, engine: object, precision: object) -> "Choice":
        """The choice of a record; ValueError where it is none."""
        found = next((c for c in CHOICES.values() if (c.engine, c.precision) == (engine, precision)), None)
        if found is None or found.precision == "int8":  # which is always asked for
            raise ValueError(f"no engine: {engine} in {precision}")
        return found

    def __str__(self) -> str:
        return f"{self.engine} in {self.precision}"


CHOICES = {
    "torch": Choice(),
    "openvino": Choice("openvino"),
    "openvino-bf16": Choice("openvino", "bf16"),
    "openvino-int8": Choice("openvino", "int8"),
    "onnxruntime": Choice("onnxruntime"),
}


def parse_choice(text: str) -> Choice:
    """What `--engine` says: an engine in fp32, or OpenVINO in bf16 or int8.

    Raises:
        StriateError: there is no such engine, or its package is not installed.
    """
    if text not in CHOICES:
        known = ", ".join(CHOICES)
        raise StriateError(f"unknown engine '{text}'; there are {known}, and auto: that of the run.")
    choice = CHOICES[text]
    require_installed(choice.engine)
    return choice


def candidates(*, on_cpu: bool = True) -> list[Choice]:
    """What could serve on this machine besides torch, the quickest first."""
    if not on_cpu or not is_installed("openvino"):
        return []
    return [CHOICES["openvino-bf16"], CHOICES["openvino"]] if has_bf16() else [CHOICES["openvino"]]


def usable_here(choice: Choice, on_event: Listener) -> Choice:
    """The choice of a run, or what comes nearest to it on this machine; a note says what changes."""
    found = choice
    if not is_installed(choice.engine):
        found = Choice()
    elif choice.precision == "bf16" and not has_bf16():
        found = Choice(choice.engine)
    if found != choice:
        on_event(Note(f"this run is served by {choice}, here by {found}: probabilities may differ slightly"))
    return found
