"""Too little memory is a clear line, not a traceback out of an allocator."""

from collections.abc import Iterator
from contextlib import contextmanager

from striate.data.sample import Batch
from striate.data.wording import counted
from striate.errors import WorkFailed, is_about_memory


@contextmanager
def enough_memory(batch: Batch) -> Iterator[None]:
    """Turn an allocator's error into a sentence with a batch size to try.

    Raises:
        WorkFailed: the memory does not suffice for this batch.
    """
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if not is_about_memory(error):
            raise
        size, (height, width) = len(batch), batch.pictures.shape[-2:]
        smaller = f"--batch-size {size // 2}" if size > 1 else "a smaller --image-size"
        raise WorkFailed(
            f"the memory does not suffice for a step with {counted(size, 'picture')} of "
            f"{width}x{height} pixels. "
            f"Try {smaller} in a new run, or close other programs and resume this one."
        ) from error
