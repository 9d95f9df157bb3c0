"""Memory while a data set is checked and read for training, from 1,000 to 100,000 generated pictures.

Claim: it is flat but for what is known of each picture (name, path, digest, thumbnail, signature). "Flat"
means that a picture adds less than one hundredth of a decoded photograph of 500 x 375 (562,500 bytes).
Pictures are seeded 48 x 48 JPEGs and PNGs, all different. Each measurement is a process of its own that
reads RssAnon in /proc/self/status every 20 ms and keeps the largest: anonymous memory alone, for the system
takes mapped pages of files back when it likes. Growth is the difference of two counts' peaks over that of
the counts. `read` is the reading part of training, look-alikes included; `read again` its second start.
No peer: the claim is about ourselves.

    python benchmarks/memory.py [COUNT...]
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from timing import write_result

COUNTS = [1_000, 10_000, 100_000]
PHOTOGRAPH = 500 * 375 * 3  # bytes, decoded
CLAIM = "a picture more adds less than a hundredth of a decoded photograph to memory"
CODE = """
import json, sys, threading, time
from striate import tune_process
tune_process()
from pathlib import Path
from striate.data.audit.audit import audit
from striate.data.datasets.recognise import open_dataset
from striate.data.caching.picture_cache import wait_for_writers
from striate.data.reading import read_pictures
from striate.preprocess.preprocessing import Preprocessing

peak = {"RssAnon": 0, "RssFile": 0, "RssShmem": 0, "VmRSS": 0}

def look():
    for line in Path("/proc/self/status").read_text().splitlines():
        name, _, value = line.partition(":")
        if name in peak:
            peak[name] = max(peak[name], 1024 * int(value.split()[0]))

def watch():
    while True:
        look()
        time.sleep(0.02)

look()
start = dict(peak)
threading.Thread(target=watch, daemon=True).start()
began = time.perf_counter()
dataset = open_dataset(sys.argv[2])
if sys.argv[1] == "check":
    kept = audit(dataset)
else:
    kept = read_pictures(dataset, Preprocessing((32, 32), 3, (0.5,) * 3, (0.5,) * 3), memory_bytes=1)
    kept[1].groups()
    wait_for_writers()
look()
print(json.dumps({"start": start, "peak": peak, "seconds": time.perf_counter() - began}))
"""


def generate(folder: Path, count: int) -> None:
    """`count` pictures in ten class folders, every second one a PNG."""
    noise = np.random.default_rng(0)
    for label in range(10):
        (folder / f"class {label}").mkdir(parents=True)
    for number in range(count):
        small = Image.fromarray(noise.integers(0, 256, (6, 6, 3)).astype(np.uint8))
        large = small.resize((48, 48), Image.Resampling.BICUBIC)
        path = folder / f"class {number % 10}" / f"{number:06}"
        if number % 2:
            large.save(path.with_suffix(".png"), compress_level=1)
        else:
            large.save(path.with_suffix(".jpg"))
    time.sleep(3)  # what was written just before it is read is never taken from the cache


def measured(what: str, data: Path, cache: Path) -> dict[str, Any]:
    """What one process reports, with what its peak has over its start."""
    environment = {**os.environ, "STRIATE_CACHE": str(cache), "STRIATE_CACHE_BYTES": str(10**10)}
    command = [sys.executable, "-c", CODE, what, str(data)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return {**found, "grown": {key: found["peak"][key] - found["start"][key] for key in found["peak"]}}


def main(arguments: list[str]) -> None:
    """Measure, print, write benchmarks/results/memory.json after each count."""
    counts = [int(argument) for argument in arguments] or COUNTS
    results: dict[str, dict[str, Any]] = {}
    for count in counts:
        with tempfile.TemporaryDirectory() as temporary:
            place = Path(temporary)
            generate(place / "data", count)
            for what in ("check", "read", "read again"):
                found = measured(what.split()[0], place / "data", place / "cache")
                results[f"{what}, {count}"] = found
                peak, before = found["peak"], results.get(f"{what}, {counts[0]}")
                if before is not None and count > counts[0]:
                    more = peak["RssAnon"] - before["peak"]["RssAnon"]
                    found["bytes_a_picture"] = more / (count - counts[0])
                    found["flat"] = found["bytes_a_picture"] < PHOTOGRAPH / 100
                print(
                    f"{what:<11} {count:>7,} pictures: anonymous {peak['RssAnon'] / 1e6:7.1f} MB, "
                    f"mapped {peak['RssFile'] / 1e6:.1f} MB, {found['seconds']:6.1f} s, "
                    f"{found.get('bytes_a_picture', 0):,.0f} bytes a picture, flat: {found.get('flat', '-')}",
                    flush=True,
                )
        write_result("memory", CLAIM, {}, results)


if __name__ == "__main__":
    main(sys.argv[1:])
