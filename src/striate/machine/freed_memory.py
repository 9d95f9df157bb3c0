"""What happens to memory that torch has given back."""

import ctypes
import os

# Options of glibc's mallopt, from malloc.h.
TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3
KEPT = 2**30  # bytes; a tensor up to this size is cut from memory that the process holds


def keep_freed_memory() -> None:
    """Let the C library keep freed tensors' memory for the next ones, unless the user has set it otherwise.

    Without it every tensor of a few megabytes comes from the system as fresh pages, which are cleared and
    mapped at the first touch, and goes back when it is freed: a quarter of a step's time (decision 0011).
    The process then holds its largest need until it ends. Only glibc on Linux has the setting; elsewhere
    nothing happens.
    """
    if any(name.startswith("MALLOC_") or name == "GLIBC_TUNABLES" for name in os.environ):
        return
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # no such function; no such library; Windows
        return
    mallopt(MMAP_THRESHOLD, KEPT)
    mallopt(TRIM_THRESHOLD, 2**31 - 1)
