"""The peer of `mnist_race.py`: the book's convolutional network in Keras, as the book trains it.

    .venv-peers/bin/python benchmarks/peers/keras_mnist.py FOLDER SEED EPOCHS

FOLDER holds MNIST's four IDX files. RMSprop's rate does not change with time, so a training of five epochs
contains those of one to four: after each epoch the seconds so far and the accuracy on the test part are
printed as one JSON line. The test part's time is not counted, nor are imports, reading and building.
"""

import gzip
import json
import os
import sys
import time
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
from keras import layers


def read(folder: Path, part: str) -> tuple[np.ndarray, np.ndarray]:
    """Pictures (N, 28, 28, 1) from 0 to 1 and labels (N,) of `train` or `t10k`."""
    pictures = np.frombuffer(unpacked(folder, f"{part}-images-idx3-ubyte"), np.uint8, offset=16)
    labels = np.frombuffer(unpacked(folder, f"{part}-labels-idx1-ubyte"), np.uint8, offset=8)
    return pictures.reshape(-1, 28, 28, 1).astype("float32") / 255, labels.astype("int64")


def unpacked(folder: Path, name: str) -> bytes:
    """The content of an IDX file, packed or not."""
    plain = folder / name
    return plain.read_bytes() if plain.exists() else gzip.decompress((folder / f"{name}.gz").read_bytes())


def network() -> keras.Model:
    """Listings 5.1 and 5.2: 93,322 parameters."""
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(64, 3, activation="relu"),
            layers.Flatten(),
            layers.Dense(64, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )


def main(folder: str, seed: str, epochs: str) -> None:
    """Train, and print a line an epoch."""
    keras.utils.set_random_seed(int(seed))
    pictures, labels = read(Path(folder), "train")
    unseen, truth = read(Path(folder), "t10k")
    model = network()
    model.compile(optimizer="rmsprop", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    seconds = 0.0
    for epoch in range(1, int(epochs) + 1):
        start = time.perf_counter()
        model.fit(pictures, labels, epochs=1, batch_size=64, verbose=0)
        seconds += time.perf_counter() - start
        accuracy = float(model.evaluate(unseen, truth, batch_size=500, verbose=0)[1])
        print(json.dumps({"epoch": epoch, "seconds": seconds, "accuracy": accuracy}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
