"""The search for look-alikes against its definition, pair by pair, on pictures made to break it."""

import threading

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.fft import dctn
from scipy.ndimage import gaussian_filter

from striate.data.in_threads import in_threads
from striate.data.look_alikes import duplicates
from striate.data.look_alikes.alignment import aligned_likeness
from striate.data.look_alikes.candidates import best_candidates
from striate.data.look_alikes.duplicates import groups, near_pairs
from striate.data.look_alikes.thumbnails import signatures
from striate.events import silent

Pictures = NDArray[np.uint8]  # (N, 32, 32)


def ways(picture: NDArray) -> list[NDArray]:
    """The eight orientations, in the order in which Striate numbers them."""
    return [
        base[:: -1 if down else 1, :: -1 if across else 1]
        for base in (picture, picture.T)
        for down in (False, True)
        for across in (False, True)
    ]


def unit(values: NDArray) -> NDArray:
    values = values - values.mean()
    return values / max(np.linalg.norm(values), 1e-6)


def signature(picture: NDArray) -> NDArray:
    wave = np.arange(8)
    spectrum = dctn(picture, norm="ortho")[:8, :8] * np.sqrt(wave[:, None] ** 2 + wave**2)
    return spectrum / np.linalg.norm(spectrum)


def details(picture: NDArray) -> NDArray:
    fine, coarse = [
        gaussian_filter(picture, blur, mode="nearest", radius=radius) for blur, radius in ((0.8, 3), (2.5, 8))
    ]
    return unit(fine - coarse)


def by_force(pictures: Pictures) -> list[int]:
    """The groups by definition: each pair in each orientation, then the three best of other groups."""
    floats = pictures.astype(np.float64)
    count = len(floats)
    turned = [ways(picture) for picture in floats]
    signs = [[signature(one) for one in eight] for eight in turned]
    fines = [[details(one) for one in eight] for eight in turned]
    near = []
    best: dict[int, list[tuple[float, int, int, int]]] = {row: [] for row in range(count)}
    for a in range(count):
        for b in range(a + 1, count):
            products = [abs((signs[a][0] * sign).sum()) for sign in signs[b]]
            close = [way for way in range(8) if products[way] >= 0.6]
            near += [(a, b) for way in close if abs((fines[a][0] * fines[b][way]).sum()) >= 0.93]
            if close:
                way = int(np.argmax(products))
                best[a].append((-products[way], a, b, way))
                best[b].append((-products[way], a, b, way))
    first = groups(count, near)
    for row in range(count):
        apart = [one for one in sorted(best[row]) if first[one[1]] != first[one[2]]]
        for _, a, b, way in apart[:3]:
            pair = [torch.from_numpy(turned[row][at].copy()).float()[None] for row, at in ((a, 0), (b, way))]
            if aligned_likeness(*pair).item() >= 0.96:
                near.append((a, b))
    return groups(count, near)


def soft(count: int, cells: int, seed: int) -> Pictures:
    """Random pictures of `cells` x `cells` soft patches: the fewer, the more are alike by chance."""
    small = torch.rand(count, 1, cells, cells, generator=torch.Generator().manual_seed(seed))
    large = torch.nn.functional.interpolate(small, size=(32, 32), mode="bicubic")[:, 0]
    low, high = large.amin((1, 2), keepdim=True), large.amax((1, 2), keepdim=True)
    return ((large - low) / (high - low) * 255).round().to(torch.uint8).numpy()


def noisy(pictures: Pictures, strength: int, seed: int) -> Pictures:
    noise = np.random.default_rng(seed).integers(-strength, strength + 1, pictures.shape)
    return np.clip(pictures + noise, 0, 255).astype(np.uint8)


def chance(seed: int) -> Pictures:
    return soft(100, 6, seed)


def copies(seed: int) -> Pictures:
    """Nine copies each of nine pictures, under noise that splits about half of the copies off."""
    return noisy(np.repeat(soft(9, 8, seed), 9, axis=0), 40, seed)


def crowd(seed: int) -> Pictures:
    """All alike by their signatures, none by its details, but for pairs that are hidden among them."""
    own = noisy(np.repeat(soft(1, 7, seed), 72, axis=0), 90, seed)
    return np.concatenate([own, noisy(own[::9], 6, seed + 1)])


def turned_and_cropped(seed: int) -> Pictures:
    base = soft(30, 9, seed)
    large = torch.from_numpy(base)[:, None].float()
    crop = torch.nn.functional.interpolate(large[:, :, 1:31, 1:31], size=(32, 32), mode="bilinear")[:, 0]
    some = [ways(picture)[row % 8] for row, picture in enumerate(base)]
    return np.concatenate([base, crop.round().to(torch.uint8).numpy()[::-1], np.stack(some)])


def symmetric(seed: int) -> Pictures:
    """Pictures that are their own mirror images, so that two orientations are equally good."""
    base = soft(40, 7, seed)
    return ((base.astype(int) + base[:, :, ::-1]) // 2).astype(np.uint8)


@pytest.mark.parametrize("made", [chance, copies, crowd, turned_and_cropped, symmetric])
@pytest.mark.parametrize(("block", "dense"), [(64, 30_000), (1024, 100)])
def test_the_groups_are_those_of_all_pairs(made, block: int, dense: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("striate.data.look_alikes.duplicates._BLOCK", block)
    for module in ("candidates", "duplicates"):
        monkeypatch.setattr(f"striate.data.look_alikes.{module}.DENSE", dense)
    monkeypatch.setattr("striate.data.look_alikes.duplicates._LIST", 50)
    pictures = made(3)
    thumbnails = torch.from_numpy(pictures).flatten(1)
    pairs = near_pairs(thumbnails, torch.ones(len(pictures), dtype=torch.bool))
    assert groups(len(pictures), pairs) == by_force(pictures)
    assert len(pairs) == len(pictures) - len(set(groups(len(pictures), pairs)))


def test_hidden_pairs_are_found_where_hundreds_of_others_are_better_candidates():
    """What a search misses that looks at each picture's few best candidates only."""
    pictures = crowd(5)
    found = groups(len(pictures), near_pairs(torch.from_numpy(pictures).flatten(1), torch.ones(80) > 0))
    assert all(found[72 + at] == found[9 * at] for at in range(8))


def test_neither_the_order_nor_the_threads_decide(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("striate.data.look_alikes.duplicates._BLOCK", 32)
    pictures = torch.from_numpy(copies(4)).flatten(1)
    everything, order = torch.ones(81) > 0, torch.randperm(81, generator=torch.Generator().manual_seed(0))
    together = {frozenset(rows) for rows in duplicates.members(groups(81, near_pairs(pictures, everything)))}
    shuffled = duplicates.members(groups(81, near_pairs(pictures[order], everything)))
    assert {frozenset(order[rows].tolist()) for rows in shuffled} == together
    pairs = near_pairs(pictures, everything)
    for workers in (1, 5):
        with monkeypatch.context() as patch:
            patch.setattr("os.cpu_count", lambda workers=workers: workers)
            assert near_pairs(pictures, everything) == pairs


def test_the_best_candidates_are_a_naive_sort():
    found = signatures(torch.from_numpy(chance(1)).flatten(1))
    blocks = [slice(0, 35), slice(35, 70), slice(70, 100)]
    meetings = [(block, blocks[at:]) for at, block in enumerate(blocks)]
    pairs = best_candidates(found, meetings, np.arange(100) // 2, 2, silent)
    eight = np.stack([[signature(one).ravel() for one in ways(p.astype(float))] for p in chance(1)])
    products = np.abs(np.einsum("ad,bwd->abw", eight[:, 0], eight))
    expected = set()
    for row in range(100):
        pairs_of = [(min(row, b), max(row, b)) for b in range(100) if b // 2 != row // 2]
        likely = [pair for pair in pairs_of if products[pair].max() >= 0.6]
        expected |= set(sorted(likely, key=lambda pair: -products[pair].max())[:2])
    assert {(a, b) for a, b, _ in pairs.tolist()} == expected and len(pairs) == len(expected) > 20
    assert all(products[a, b, way] >= products[a, b].max() - 1e-6 for a, b, way in pairs.tolist())


def test_threads_give_results_in_order_and_stop_with_their_caller():
    def work(piece: int, stopped: threading.Event) -> int:
        return -1 if stopped.wait(0.002 * (piece % 3)) else piece

    assert list(in_threads(work, range(50), 4)) == list(range(50))
    taken: list[int] = []
    results = in_threads(work, (taken.append(piece) or piece for piece in range(10**6)), 2)
    assert next(results) == 0
    results.close()
    assert len(taken) < 20
