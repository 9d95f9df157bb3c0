"""A data folder whose name is no UTF-8, as old disks and archives have them, from training to the report."""

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

from tests.conftest import write_digits

import striate
from striate.data.paths.files import readable

ODD = os.fsdecode(b"un\xe9")


def test_a_folder_with_such_a_name_is_checked_trained_on_resumed_measured_and_reported(tmp_path: Path):
    data = write_digits(tmp_path / ODD / "digits", "01", 12)
    (data / "digit 1" / "000.png").rename(data / "digit 1" / f"{ODD}.png")
    (data / "digit 1").rename(data / ODD)
    assert striate.check(data).pictures == 24

    run = striate.train(data, model="lenet5", epochs=1, out=tmp_path / ODD / "runs", name="run")
    config = tomllib.loads((run.path / "config.toml").read_text(encoding="utf-8"))
    assert config["data"] == f"{tmp_path}/un\\udce9/digits"
    record = json.loads((run.path / "dataset.json").read_text(encoding="utf-8"))
    assert record["data"] == str(data)
    assert record["classes"] == ["digit 0", "un\\xe9"]

    (run.path / "result.json").unlink()  # as if it had been stopped at its end
    assert striate.train(resume=run.path).metrics == run.metrics
    assert striate.evaluate(run).metrics["accuracy"] == run.metrics["accuracy"]
    answers = list(striate.predict(run, data))
    assert [answer.error for answer in answers] == [None] * 24
    assert f"{readable(str(data))}/un\\xe9/un\\xe9.png" in [answer.file for answer in answers]
    assert striate.report(run, tmp_path / ODD / "page.html").is_file()


def test_such_a_name_is_printed_where_the_terminal_takes_only_utf8(tmp_path: Path):
    data = write_digits(tmp_path / ODD / "pictures", "01", 3)
    run = striate.train(data, model="lenet5", epochs=1, out=tmp_path / ODD / "runs", name="run")
    done = subprocess.run(
        [sys.executable, "-m", "striate", "report", str(run.path), "--json"],
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "utf-8:strict"},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"files": [str(run.path / "report.html")]}
