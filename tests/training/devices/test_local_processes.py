"""Processes of one machine meet on its loopback interface, or say that they cannot."""

import os
import socket

import pytest

from striate.errors import StriateError
from striate.training.devices import local_processes
from striate.training.devices.local_processes import MEETING, prepare_meeting

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows names its interfaces otherwise")


@pytest.fixture(autouse=True)
def alone(monkeypatch):
    for name in (MEETING, "LOCAL_RANK", "GLOO_SOCKET_IFNAME", "NCCL_SOCKET_IFNAME"):
        monkeypatch.setenv(name, "eth0")  # so that what is set here is undone
        monkeypatch.delenv(name)
    monkeypatch.setattr(local_processes.atexit, "register", lambda *_, **__: None)


def test_the_loopback_interface_is_named_to_gloo_whatever_the_shell_says(monkeypatch, tmp_path):
    monkeypatch.setattr(local_processes.tempfile, "mkdtemp", lambda **_: str(tmp_path))
    monkeypatch.setenv("GLOO_SOCKET_IFNAME", "eth0")
    prepare_meeting(2)
    assert os.environ["GLOO_SOCKET_IFNAME"] in {"lo", "lo0"}
    assert os.environ[MEETING].startswith(str(tmp_path))


@pytest.mark.parametrize("fault", ["no interface", "switched off"])
def test_without_a_loopback_interface_one_line_says_so(monkeypatch, fault):
    def unreachable(*address, **options):
        raise OSError(99, "Cannot assign requested address")

    if fault == "no interface":
        monkeypatch.setattr(socket, "if_nameindex", lambda: [(1, "eth0")])
    else:
        monkeypatch.setattr(socket, "create_server", unreachable)
    with pytest.raises(StriateError, match=r"--devices 2: .* loopback interface, .*ip link set lo up"):
        prepare_meeting(2)
    assert MEETING not in os.environ
