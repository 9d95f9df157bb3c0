"""What a training is said to need, against the memory that a real step takes."""

import subprocess
import sys

import pytest

STEP = """
import torch
from torch import nn
from torchvision.models import resnet18
from striate.anatomy.training import training_memory
network = resnet18(weights=None).train()
told = training_memory(network, (3, 128, 128))[0].bytes(24)
weights = sum(4 * one.numel() for one in network.parameters())
def memory(word):  # not getrusage, whose peak begins with that of the process that started this one
    line = next(line for line in open("/proc/self/status") if line.startswith(word))
    return int(line.split()[1]) * 1024
before = memory("VmRSS") - weights
optimizer = torch.optim.AdamW(network.parameters())
for _ in range(2):
    optimizer.zero_grad()
    network(torch.rand(24, 3, 128, 128)).logsumexp(1).sum().backward()
    optimizer.step()
print((memory("VmHWM") - before) / told)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_real_step_takes_what_was_said_and_some_working_space():
    done = subprocess.run([sys.executable, "-c", STEP], capture_output=True, text=True, check=True)
    assert (
        0.7 < float(done.stdout) < 2.5
    )  # allocators differ; 1.36 to 1.44 in four runs, a fifth left 0.95 to 1.5
