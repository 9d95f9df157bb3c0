"""Several processes on one machine that find and talk to one another over its loopback interface alone.

They meet in a file of a private folder, so that no port waits for strangers and no name is looked up.
"""

import atexit
import os
import shutil
import socket
import tempfile
from pathlib import Path

import torch.distributed as dist
from lightning_fabric.strategies.ddp import DDPStrategy

from striate.errors import StriateError

MEETING = "STRIATE_MEETING_FILE"  # where the first process tells those that it starts
LOOPBACKS = ("lo", "lo0")  # Linux; macOS and the BSDs
SECONDS = 2.0  # a connection to oneself takes less than a millisecond


class LocalProcesses(DDPStrategy):
    """Lightning's DDP with a process for each device of this machine."""

    def setup_environment(self) -> None:
        """Join the other processes; Lightning keeps a group that is there."""
        if not dist.is_initialized():
            self._set_world_ranks()
            backend = "nccl" if self.root_device.type == "cuda" else "gloo"
            store = dist.FileStore(os.environ[MEETING], self.world_size)  # type: ignore[attr-defined]
            dist.init_process_group(backend, store=store, rank=self.global_rank, world_size=self.world_size)
        super().setup_environment()


def prepare_meeting(devices: int) -> None:
    """What the processes of this machine need before the first of them starts the others.

    Raises:
        StriateError: there is no loopback interface.
    """
    if MEETING in os.environ or "LOCAL_RANK" in os.environ:  # a later training, or one of the others
        return
    name = _loopback(devices)
    if name is not None:
        os.environ["GLOO_SOCKET_IFNAME"] = os.environ["NCCL_SOCKET_IFNAME"] = name
    folder = tempfile.mkdtemp(prefix="striate-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ[MEETING] = str(Path(folder) / "meeting")


def _loopback(devices: int) -> str | None:
    """The interface's name, None on Windows; a connection to oneself shows that it works."""
    names = [name for _, name in socket.if_nameindex() if name in LOOPBACKS]
    try:
        if not names and os.name != "nt":
            raise OSError("there is none")
        with socket.create_server(("127.0.0.1", 0)) as server:
            socket.create_connection(server.getsockname(), timeout=SECONDS).close()
    except OSError as error:
        reason = error.strerror or str(error)
        raise StriateError(
            f"--devices {devices}: processes on one machine talk over its loopback interface, which does not "
            f"work here ({reason}). Switch it on (`ip link set lo up`), or leave out --devices."
        ) from error
    return names[0] if names else None
