"""Train on a folder of pictures and ask the network about one of them.

Usage: python examples/train_and_ask.py FOLDER [OUT]
"""

import sys
from pathlib import Path

import striate


def main(folder: str, out: str = "runs") -> None:
    """Train for a few epochs; print the figures and one answer."""
    striate.tune_process()  # before torch is imported; a program that does other work leaves it out
    run = striate.train(folder, epochs=5, out=out)
    low, high = run.metrics["accuracy_interval"]
    pictures = run.result["pictures"][run.result["split"]]
    print(f"{run.metrics['accuracy']:.1%} of {pictures} pictures ({low:.1%} to {high:.1%})")
    print(f"report: {run.report()}")

    network = striate.load(run)
    files = sorted(Path(folder).rglob("*"))
    picture = next(path for path in files if path.suffix.lower() in {".png", ".jpg"})
    answer = network.predict(picture)
    print(f"{picture.name}: {answer.label}, {answer.probability:.1%} sure")


if __name__ == "__main__":
    main(*sys.argv[1:])
