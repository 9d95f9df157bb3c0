"""A data set's pictures and truths at the network's size; pictures from the cache, or read once and kept."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace

from jaxtyping import UInt8
from torch import Tensor

from striate.data.caching.picture_cache import open_cache
from striate.data.dataset import BadPicture, Dataset
from striate.data.datasets.picture_files import PictureFiles
from striate.data.in_threads import in_threads
from striate.data.loading import empty_store, known_of
from striate.data.sample import Known, Truth
from striate.data.scan import Scan, scan
from striate.data.whole_truths import LATER, whole_truth
from striate.events import Listener, silent
from striate.preprocess.preprocessing import Preprocessing
from striate.shapes import Picture


def read_pictures(
    dataset: Dataset,
    spec: Preprocessing,
    on_event: Listener = silent,
    *,
    threads: int | None = None,
    memory_bytes: int | None = None,
) -> tuple[UInt8[Tensor, "N C H W"], Scan]:
    """Every picture as `spec` fits it, row i for item i, and what the scan found, look-alikes included.

    Args:
        dataset: of any kind; only files of pictures are worth a cache.
        spec: size, channels and fit.
        on_event: receives `Progress`, and warnings about the cache.
        threads: how many read and decode; None is one a core.
        memory_bytes: of this machine; what needs over a third of it goes to disk, cache or not.
    """
    cache = open_cache(dataset, spec, on_event) if isinstance(dataset, PictureFiles) else None
    if cache is None:
        pictures = empty_store((len(dataset.items), spec.channels, *spec.size_hw), memory_bytes)
    else:
        pictures = cache.pictures

    def keep(row: int, picture: Picture) -> None:
        pictures[row] = spec.fit_picture(picture)

    recall = None if cache is None else cache.recall
    try:
        found = scan(dataset, keep, on_event, threads=threads, for_size_hw=spec.size_hw, recall=recall)
        if cache is not None and cache.near is not None:
            found = replace(found, near=cache.near)
        found = found.compared(on_event)
    except BaseException:
        if cache is not None:
            cache.abandon()
        raise
    if cache is not None and isinstance(dataset, PictureFiles):
        cache.keep(dataset, found, on_event)
    return pictures, found


def known_in(
    dataset: Dataset, found: Scan, names: Sequence[str], preprocessing: Preprocessing
) -> tuple[Known, Scan]:
    """What is known of all pictures as it lies in the input, and the scan with damaged masks as problems.

    Args:
        dataset: whose pictures were scanned.
        found: their sizes.
        names: fields of `Truth` that are needed.
        preprocessing: brings pictures to the input.
    """
    problems: dict[int, str] = {}

    def read(row: int, _: threading.Event) -> Truth | BadPicture:
        size_hw = found.rows[row].size_hw
        try:
            return whole_truth(dataset, row, names if min(size_hw) > 0 else (), size_hw)
        except BadPicture as error:
            return error

    def truths() -> Iterator[Truth]:
        for row, one in enumerate(in_threads(read, range(len(dataset.items)))):
            if isinstance(one, BadPicture):
                problems[row] = str(one)
            yield dataset.items[row].truth if isinstance(one, BadPicture) else one

    sizes = [row.size_hw for row in found.rows]
    if not any(name in LATER for name in names):
        return known_of([item.truth for item in dataset.items], sizes, preprocessing), found
    known = known_of(truths(), sizes, preprocessing)
    rows = tuple(replace(one, problem=one.problem or problems.get(row)) for row, one in enumerate(found.rows))
    return known, replace(found, rows=rows)
