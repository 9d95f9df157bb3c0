"""Products in all orientations: pixels that are really turned, and a naive product, as the oracle."""

import torch

from striate.data.look_alikes.thumbnails import SIDE, SYMMETRIES, signatures, turned
from striate.data.look_alikes.turned_products import most_alike


def noise(count: int, seed: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(0, 256, (count, 1024), dtype=torch.uint8, generator=generator)


def test_the_largest_product_is_that_over_pixels_really_turned():
    first, second = noise(9, 0), noise(300, 1)
    every = []
    for way in range(SYMMETRIES):
        moved = turned(second.view(300, SIDE, SIDE), way).flatten(1)
        every.append((signatures(first) @ signatures(moved).T).abs())
    expected = torch.stack(every).amax(0)
    assert torch.allclose(most_alike(signatures(first), signatures(second)), expected, atol=1e-5)


def test_tiles_cover_everything_and_nothing_twice():
    found = signatures(noise(600, 2))
    alike = most_alike(found, found[:517])
    assert alike.shape == (600, 517)
    assert torch.allclose(alike[:517].diagonal(), torch.ones(517), atol=1e-5)
    assert torch.allclose(alike[:517], alike[:517].T, atol=1e-5)
