"""The engines' telemetry stays off: no package of its own, no socket, nothing written to HOME."""

import subprocess
import sys
from pathlib import Path

SILENT = """
import socket, sys

def refuse(*given, **named):
    print("SOCKET", given)
    raise OSError("no network here")

socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse
{before}
import torch
from torch import nn
from striate.engines.opening import open_engine

net = nn.Sequential(nn.Conv2d(3, 2, 3), nn.Flatten(), nn.Linear(2 * 36, 2)).eval()
for name in ("openvino", "onnxruntime"):
    engine = open_engine(net, (3, 8, 8), engine=name, precision="fp32")
    print(name, tuple(engine.run(torch.zeros(2, 3, 8, 8))[0].shape))
module = sys.modules.get("openvino_telemetry")
print("telemetry", module is not None)
"""
# What OpenVINO's conversion would report through, if somebody has imported it before Striate did.
RECORDED = """
import types
def forbidden(*given, **named):
    print("REPORTED", given)
class Telemetry:
    def __init__(self, *given, **named): self.backend = types.SimpleNamespace(app_name="OVC")
    send_event = start_session = end_session = forbidden
    def init(self, *given, **named): pass
package = types.ModuleType("openvino_telemetry"); package.Telemetry = Telemetry; package.__path__ = []
backend = types.ModuleType("openvino_telemetry.backend"); backend.__path__ = []
backend.backend_ga4 = types.ModuleType("backend_ga4")
sys.modules.update({"openvino_telemetry": package, "openvino_telemetry.backend": backend})
import openvino
print("FROM HERE")
"""


def outcome(before: str, home: Path) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", SILENT.format(before=before)],
        env={
            "HOME": str(home),
            "PYTHONPATH": ":".join(sys.path),
            "PATH": "/usr/bin:/bin",
            "OMP_NUM_THREADS": "1",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_a_conversion_opens_no_socket_and_writes_only_to_the_cache(tmp_path):
    assert outcome("", tmp_path) == ["openvino (2, 2)", "onnxruntime (2, 2)", "telemetry False"]
    assert [path.name for path in tmp_path.iterdir()] == [".cache"]
    assert [path.name for path in (tmp_path / ".cache").iterdir()] == ["striate"]


def test_where_openvino_was_imported_before_its_conversions_are_not_reported(tmp_path):
    lines = outcome(RECORDED, tmp_path)
    ours = lines[lines.index("FROM HERE") + 1 :]
    assert any(line.startswith("REPORTED") for line in lines[: lines.index("FROM HERE")])
    assert ours == ["openvino (2, 2)", "onnxruntime (2, 2)", "telemetry True"]
