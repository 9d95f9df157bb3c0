"""Memory while a data set is checked and read for training, from 1,000 to 100,000 generated pictures.

Claim: it is flat but for under 2 KB a picture (names, paths, digests, thumbnails). Pictures are 48 x 48
JPEGs, a hundred different ones written again and again with a number behind their end, so that digests
differ. Each measurement is a process of its own; anonymous memory is counted apart from mapped pages, which
the system takes back when it likes.
No peer: the claim is about ourselves.

    python benchmarks/pipeline_memory.py [COUNT...]
"""

import io
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image
from timing import write_result

COUNTS = [1_000, 10_000, 100_000]
CODE = """
import json, sys, threading, time
from pathlib import Path
from striate.data.audit import audit
from striate.data.datasets.recognise import open_dataset
from striate.data.picture_cache import wait_for_writers
from striate.data.reading import read_pictures
from striate.preprocess import Preprocessing

peak = {"RssAnon": 0, "RssFile": 0, "RssShmem": 0, "VmRSS": 0}

def look():
    for line in Path("/proc/self/status").read_text().splitlines():
        name, _, value = line.partition(":")
        if name in peak:
            peak[name] = max(peak[name], 1024 * int(value.split()[0]))

def watch():
    while True:
        look()
        time.sleep(0.05)

look()
start = dict(peak)
threading.Thread(target=watch, daemon=True).start()
began = time.perf_counter()
dataset = open_dataset(sys.argv[2])
if sys.argv[1] == "check":
    kept = audit(dataset)
else:
    kept = read_pictures(dataset, Preprocessing((32, 32), 3, (0.5,) * 3, (0.5,) * 3), memory_bytes=1)
    wait_for_writers()
look()
print(json.dumps({"start": start, "peak": peak, "seconds": time.perf_counter() - began}))
"""


def generate(folder: Path, count: int) -> None:
    """`count` pictures in ten class folders; quick, for nothing is encoded twice."""
    noise = np.random.default_rng(0)
    contents = []
    for _ in range(100):
        file = io.BytesIO()
        small = Image.fromarray(noise.integers(0, 256, (6, 6, 3)).astype(np.uint8))
        small.resize((48, 48), Image.Resampling.BICUBIC).save(file, "JPEG")
        contents.append(file.getvalue())
    for label in range(10):
        (folder / f"class {label}").mkdir(parents=True)
    for number in range(count):
        path = folder / f"class {number % 10}" / f"{number:06}.jpg"
        path.write_bytes(contents[number % 100] + number.to_bytes(4, "big"))


def main(arguments: list[str]) -> None:
    """Measure, print, write benchmarks/results/pipeline_memory.json."""
    counts = [int(argument) for argument in arguments] or COUNTS
    results: dict[str, dict[str, object]] = {}
    for count in counts:
        with tempfile.TemporaryDirectory() as temporary:
            place = Path(temporary)
            generate(place / "data", count)
            environment = {**os.environ, "STRIATE_CACHE": str(place / "cache")}
            environment["STRIATE_CACHE_BYTES"] = str(10**10)
            for what in ("check", "read", "read again"):
                command = [sys.executable, "-c", CODE, what.split()[0], str(place / "data")]
                done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
                found = json.loads(done.stdout.splitlines()[-1])
                grown = {key: found["peak"][key] - found["start"][key] for key in found["peak"]}
                results[f"{what}, {count}"] = {**found, "grown": grown}
                print(
                    f"{what:<11} {count:>7,} pictures: anonymous {found['peak']['RssAnon'] / 1e6:7.1f} MB "
                    f"(grown {grown['RssAnon'] / 1e6:6.1f}), mapped {found['peak']['RssFile'] / 1e6:.1f} MB, "
                    f"{found['seconds']:6.1f} s",
                    flush=True,
                )
    claim = "memory is flat from 1,000 to 100,000 pictures but for under 2 KB a picture"
    print(write_result("pipeline_memory", claim, {}, results))


if __name__ == "__main__":
    main(sys.argv[1:])
