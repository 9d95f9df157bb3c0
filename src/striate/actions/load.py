"""`load`: a run, or a catalogue name with weights, becomes a network that answers for pictures."""

from striate.inference.loading import load

__all__ = ["load"]
