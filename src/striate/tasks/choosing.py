"""What `--model auto` looks at, and what a task chooses for it."""

from dataclasses import dataclass
from statistics import median

from striate.errors import StriateError


@dataclass(frozen=True, slots=True)
class Traits:
    """What the rule looks at: median height and width, and whether every picture looked at is grey."""

    height: int
    width: int
    grey: bool

    @classmethod
    def of(cls, shapes: list[tuple[int, int, int]]) -> "Traits":
        """Traits of pictures with these (channels, height, width)."""
        if not shapes:
            raise StriateError(
                "no picture could be read, so there is nothing to train on; `striate check` names why."
            )
        return cls(
            int(median(height for _, height, _ in shapes)),
            int(median(width for _, _, width in shapes)),
            all(channels == 1 for channels, _, _ in shapes),
        )


@dataclass(frozen=True, slots=True)
class Choice:
    """A network, whether it starts from pretrained weights, its input side (None: its own), and why."""

    model: str
    pretrained: bool
    image_size: int | None
    reason: str
