"""The random numbers of one scene: a function of seed, epoch and scene, whatever was composed before."""

import numpy as np

from striate.data.transforms.draws import split_mix

_USE = 0x5CE9E  # keeps these numbers apart from those that train from the same seed


class SceneDraws:
    """Uniform numbers, one after the other."""

    def __init__(self, seed: int, index: int, epoch: int) -> None:
        self._key = int(np.random.SeedSequence([seed, _USE, epoch, index]).generate_state(1, np.uint64)[0])
        self._taken = 0

    def share(self) -> float:
        """The next number in [0, 1)."""
        bits = split_mix(self._key, np.array([self._taken], dtype=np.uint64))
        self._taken += 1
        return int(bits[0] >> np.uint64(11)) / 2**53

    def between(self, low: float, high: float) -> float:
        """The next number in [low, high)."""
        return low + (high - low) * self.share()

    def below(self, count: int) -> int:
        """The next whole number in 0..count-1."""
        return min(int(self.share() * count), count - 1)
