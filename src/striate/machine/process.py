"""What a program that only trains and asks networks sets for its whole process; a library must not."""

from striate.machine.freed_memory import keep_freed_memory
from striate.machine.threads import calm_threads


def tune_process() -> None:
    """Set this process up as the command `striate` does: threads that sleep while they wait, memory kept.

    Call it first, before torch is imported: after that the threads are left as they are. It sets environment
    variables and the allocator of the whole process, which is why `import striate` does not
    (decisions 0007 and 0011). What you have set yourself is left alone.
    """
    calm_threads()
    keep_freed_memory()
