"""The operations of which only the output's size is known, and how much of a network they are."""

from striate.anatomy.anatomy import Anatomy
from striate.data.wording import counted

SO_AT_LEAST = "only sizes are known, so multiply-adds and operations are at least these"


def uncounted(anatomy: Anatomy) -> str | None:
    """Their kinds and share in a few words; None where everything was counted."""
    missing = [layer for layer in anatomy.layers if not layer.counted]
    if not missing:
        return None
    kinds = ", ".join(dict.fromkeys(layer.kind for layer in missing))
    values = sum(layer.values for layer in anatomy.layers)
    share = 100 * sum(layer.values for layer in missing) / values
    return f"{kinds}: {len(missing)} of {counted(len(anatomy.layers), 'layer')}, {share:.1f} % of values"
