"""Run folders as a training writes them: ten digits, and two classes with hostile names."""

from pathlib import Path
from typing import Any

import numpy as np

from striate.drawing.grid import picture_png
from striate.runs.folder import RunFolder

DIGITS = [str(digit) for digit in range(10)]
HOSTILE = ['<script>alert("1")</script>', "مرحبا \u202e\U0001f63a & 'quoted' " + "very" * 60]


def digits_run(out: Path) -> RunFolder:
    """A finished run over 2,000 test digits: 22 mistakes, two stages, ten epochs."""
    folder = RunFolder.create(out, "classify", "digits-book_mnist")
    matrix = [[0] * 10 for _ in range(10)]
    for digit in range(10):
        matrix[digit][digit] = 200
    for truth, answer, times in ((4, 9, 6), (7, 2, 4), (3, 5, 4), (9, 4, 3), (5, 3, 2), (8, 3, 2), (2, 7, 1)):
        matrix[truth][answer] = times
        matrix[truth][truth] -= times
    write_settings(folder, "/data/digits/", DIGITS, 14000)
    write_epochs(folder)
    write_evaluation(folder, DIGITS, matrix, digit_pictures())
    return folder


def hostile_run(out: Path) -> RunFolder:
    """Two classes whose names, files and notes try to break a page; evaluated on validation pictures."""
    folder = RunFolder.create(out, "classify", "hostile")
    write_settings(folder, "photos/<b>bold & 'brave'", HOSTILE, 120)
    write_epochs(folder)
    write_evaluation(folder, HOSTILE, [[28, 2], [5, 25]], digit_pictures(), split="validation")
    return folder


def write_settings(folder: RunFolder, data: str, classes: list[str], pictures: int) -> None:
    """The files that exist before the first step."""
    config: dict[str, Any] = {
        "data": data,
        "model": "auto",
        "epochs": 10,
        "batch_size": 128,
        "image_size": 28,
        "lr": 0.003,
        "optimizer": "adamw",
        "augment": "light",
        "label_smoothing": 0.1,
        "seed": 0,
        "strict": False,
        "command": f"striate train '{data}' --epochs 10 --seed 0",
        "resolved": {
            "model": "book_mnist",
            "reason": "small grey pictures and 10 classes: a small network from random weights is quickest",
            "weights": "random",
            "parameters": 93322,
            "steps": 1100,
            "precision": "bf16",
            "threads": 2,
            "memory_format": "channels_last",
            "device": "cpu",
            "stages": [
                {
                    "name": "head",
                    "epochs": 3,
                    "steps": 330,
                    "optimizer": "adamw",
                    "lr": 0.01,
                    "trainable": 5770,
                },
                {
                    "name": "all",
                    "epochs": 7,
                    "steps": 770,
                    "optimizer": "adamw",
                    "lr": 0.003,
                    "trainable": 93322,
                },
            ],
        },
    }
    folder.write_toml("config.toml", config)
    share = pictures // len(classes)
    folder.write_json(
        "dataset.json",
        {
            "data": data,
            "layout": "class folders, unsplit",
            "fingerprint": "9f2c4e1ab07d5d3e8a6f1c2b3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60",
            "classes": classes,
            "counts": {
                "train": dict.fromkeys(classes, share - 2 * (share // 7)),
                "validation": dict.fromkeys(classes, share // 7),
                "test": dict.fromkeys(classes, share // 7),
            },
            "split": {"train": [], "validation": [], "test": []},
            "skipped": [
                {
                    "file": "3/broken <img src=x onerror=alert(1)>.png",
                    "reason": "not a picture: it begins with '<!do'",
                },
                {"file": "7/empty.png", "reason": "the file is empty"},
            ],
            "damaged": [{"file": "8/cut.jpg", "reason": "the file ends early; the lower 12 rows are grey"}],
            "notes": ["class 'ø' has 2 groups of pictures, fewer than 3: it went to training alone."],
        },
    )
    folder.write_json(
        "environment.json",
        {
            "striate": "0.1.0",
            "python": "3.11.2",
            "torch": "2.9.0+cpu",
            "torchvision": "0.24.0",
            "platform": "Linux-6.1-x86_64",
            "cpu": {"name": "AMD EPYC 9R14", "features": ["avx2", "avx512f", "avx512_bf16"]},
            "threads": 2,
            "started": "2025-05-12T14:03:22+00:00",
        },
    )
    folder.write_json("labels.json", classes)
    preprocess = {"size_hw": [28, 28], "channels": 1, "mean": [0.1307], "std": [0.3081], "fit": "squeeze"}
    folder.write_json("preprocess.json", preprocess)


def write_epochs(folder: RunFolder, epochs: int = 10) -> None:
    """Curves that fall, with the best epoch at 9 and noise that is arithmetic, not chance."""
    for epoch in range(1, epochs + 1):
        wobble = 0.01 * ((epoch * 7) % 5 - 2)
        folder.append_metrics(
            {
                "epoch": epoch,
                "stage": "head" if epoch <= 3 else "all",
                "train_loss": 1.9 * 0.6**epoch + 0.03,
                "validation_loss": 1.6 * 0.62**epoch + 0.05 + wobble * 0.6 + (0.03 if epoch == 10 else 0),
                "validation_accuracy": 0.99 - 0.35 * 0.55**epoch - abs(wobble) * 0.3,
                "lr": (0.01 if epoch <= 3 else 0.003)
                * (1 - ((epoch - 1) % 3 if epoch <= 3 else epoch - 4) / 7),
                "seconds": 4.13,
                "best": epoch not in (4, 10),
            }
        )


def write_evaluation(
    folder: RunFolder,
    labels: list[str],
    matrix: list[list[int]],
    pictures: list[np.ndarray],
    split: str = "test",
) -> None:
    """What an evaluation writes; the figures follow from the matrix."""
    total = sum(map(sum, matrix))
    interval = [0.983, 0.993] if split == "test" else [0.778, 0.942]  # 1978 of 2,000 and 53 of 60, Wilson's
    right = sum(row[index] for index, row in enumerate(matrix))
    per_class = {}
    for index, label in enumerate(labels):
        answers, truths = sum(row[index] for row in matrix), sum(matrix[index])
        precision, recall = matrix[index][index] / answers, matrix[index][index] / truths
        f1 = 2 * precision * recall / (precision + recall)
        per_class[label] = {"pictures": truths, "precision": precision, "recall": recall, "f1": f1}
    confused = [(t, a) for t, row in enumerate(matrix) for a, n in enumerate(row) if t != a for _ in range(n)]
    (folder / "pictures").mkdir()
    mistakes = []
    for number, ((truth, answer), picture) in enumerate(zip(confused, pictures, strict=False), 1):
        name = f"pictures/mistake-{number:02}.png"
        (folder / name).write_bytes(picture_png(picture))
        mistakes.append(
            {
                "file": f"{labels[truth]}/img_{number:05}.png",
                "label": labels[truth],
                "predicted": labels[answer],
                "probability": 0.9991 - 0.021 * number,
                "picture": name,
            }
        )
    metrics = {
        "accuracy": right / total,
        "accuracy_interval": interval,
        "top5": 0.9995,
        "loss": 0.0412,
        "ece": 0.0043,
        "ece_uncalibrated": 0.0311,
        "macro_f1": sum(one["f1"] for one in per_class.values()) / len(labels),
    }
    folder.write_json(
        "calibration.json", {"temperature": 1.31, "pictures": 2000, "ece_uncalibrated": 0.03, "ece": 0.004}
    )
    folder.write_json(
        "evaluation.json",
        {
            "split": split,
            "data": "digits",
            "pictures": total,
            "metrics": metrics,
            "per_class": per_class,
            "confusion": matrix,
            "mistakes": mistakes,
        },
    )
    (folder / "predictions.csv").write_text("file,label,predicted,probability\n")
    counts = {"train": 10000, "validation": 2000, "test": 2000, "skipped": 2}
    if split == "validation":
        counts = {"train": 120, "validation": total, "test": 0, "skipped": 2}
    folder.write_json(
        "result.json",
        {
            "run": str(folder.path),
            "task": "classify",
            "model": "book_mnist",
            "epochs": 10,
            "seconds": 41.3,
            "split": split,
            "metrics": metrics,
            "pictures": counts,
        },
    )


def digit_pictures(count: int = 12) -> list[np.ndarray]:
    """Grey 28x28 pictures with a bar at a different place in each."""
    pictures = np.zeros((count, 1, 28, 28), np.uint8)
    for index in range(count):
        pictures[index, :, 4:24, 2 * index : 2 * index + 4] = 230
    return list(pictures)
