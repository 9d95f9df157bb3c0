"""Under a limit of memory a command runs in a child: a library may end it wordlessly; its parent says why.

C++ and OpenMP end a process where a thread of theirs gets no memory, past every `except`.
"""

import os
import signal
import sys
import tempfile

from striate.cli.terminal.native_messages import LIBJPEG
from striate.cli.terminal.streams import Errors

NO_MEMORY = "the memory does not suffice; close other programs, or raise the limit (`ulimit -v`)."
# How native code ends without memory: abort(), glibc's exit without thread-local data, a null pointer.
_ENDINGS = (-signal.SIGABRT, -signal.SIGSEGV, -signal.SIGTRAP, 127)
_FATAL = (
    b"Memory allocation still failed",
    b"Thread creation failed",
)  # OpenBLAS and OpenMP, which exit with 1
_ABOUT_MEMORY = (b"bad_alloc", b"emory", b"Thread creation failed", b"terminate called")
_PASSED_ON = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP) if hasattr(signal, "SIGHUP") else ()
_LIKELY = "a library ended the work by itself, most likely for want of memory; raise the limit (`ulimit -v`)."


def is_limited() -> bool:
    """Whether somebody limited this process's address space (`ulimit -v`); asked on Linux alone."""
    try:
        from resource import RLIM_INFINITY, RLIMIT_AS, getrlimit
    except ImportError:  # Windows
        return False
    return sys.platform == "linux" and getrlimit(RLIMIT_AS)[0] != RLIM_INFINITY


def work_in_child() -> None:
    """Return in a child, which does the work; the parent never returns and ends as the child does.

    Call it while there is one thread. What native code prints is shown at the end; what it says of memory is
    one line of ours. Signals sent to the parent reach the child, which ends when the parent is killed.
    """
    native = tempfile.TemporaryFile()  # noqa: SIM115 - open until the process ends
    waited = {signal.SIGCHLD, *_PASSED_ON}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, waited)
    child = os.fork()
    if child == 0:
        _end_with_parent()
        sys.stderr = Errors(os.fdopen(os.dup(2), "wb"), "utf-8", "backslashreplace", line_buffering=True)
        os.dup2(native.fileno(), 2)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        return
    code = _end_of(child, waited)
    native.seek(0)
    printed = native.readlines()
    ended_by_library = code in _ENDINGS or (code == 1 and any(_holds(line, _FATAL) for line in printed))
    _show(printed, without_memory=ended_by_library)
    if ended_by_library:
        said_so = any(_holds(line, _ABOUT_MEMORY) for line in printed)
        os.write(2, f"error: {NO_MEMORY if said_so else _LIKELY}\n".encode())
        os._exit(1)
    os._exit(code if code >= 0 else 128 - code)


def _end_of(child: int, waited: set[signal.Signals]) -> int:
    """The child's exit code, negative for a signal; what another process sends to us is sent on."""
    while True:
        heard = signal.sigwaitinfo(waited)
        if heard.si_signo == signal.SIGCHLD:
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                return os.waitstatus_to_exitcode(status)
        elif heard.si_code <= 0:  # from a process; a terminal's Ctrl-C reaches the child by itself
            os.kill(child, heard.si_signo)


def _end_with_parent() -> None:
    import ctypes

    set_parents_death_signal = 1
    ctypes.CDLL(None).prctl(set_parents_death_signal, signal.SIGKILL)


def _show(printed: list[bytes], without_memory: bool) -> None:
    for line in printed:
        about_memory = without_memory and _holds(line, _ABOUT_MEMORY)
        if line.strip() and not line.startswith(LIBJPEG) and not about_memory:
            os.write(2, line)


def _holds(line: bytes, any_of: tuple[bytes, ...]) -> bool:
    return any(words in line for words in any_of)
