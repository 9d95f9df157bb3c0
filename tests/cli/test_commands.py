"""Every command as a person types it: what is on stdout, what on stderr, and the exit code."""

import json
import os
import shutil
import subprocess
import sys

import pytest
import torch
from PIL import Image
from tests.conftest import write_digits

from striate.actions.load import load
from striate.cli.main import main
from striate.data.decoding.decode import as_picture


@pytest.fixture
def striate(capsys, monkeypatch):
    """Run a command line in this process: exit code, stdout, stderr."""

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["striate", *map(str, words)])
        try:
            main()
            code = 0
        except SystemExit as end:
            code = end.code or 0
        out, err = capsys.readouterr()
        return code, out, err

    return run


def test_train_prints_the_result_and_the_next_step(striate, digits, tmp_path):
    code, out, err = striate("train", digits, "--model", "lenet5", "--epochs", 1, "--out", tmp_path)
    assert code == 0
    assert "test pictures, 95 % interval" in out and "striate predict" in out
    assert "network: lenet5, as asked, from random weights" in err and "epoch   1/1" in err


def test_train_json_is_the_only_line_on_stdout(striate, digits, tmp_path):
    code, out, _ = striate("train", digits, "--model", "lenet5", "--epochs", 1, "--out", tmp_path, "--json")
    result = json.loads(out)
    assert code == 0 and out.count("\n") == 1
    assert {"run", "task", "model", "epochs", "seconds", "split", "metrics", "pictures"} <= set(result)
    assert set(result["pictures"]) == {"train", "validation", "test", "skipped"}
    assert {
        *("accuracy", "accuracy_interval", "top5", "loss", "ece", "ece_uncalibrated", "macro_f1"),
    } == set(result["metrics"])


def test_evaluate_gives_the_figures_of_training_again(striate, digits_run):
    code, out, _ = striate("evaluate", digits_run, "--json")
    again, first = json.loads(out), json.loads((digits_run / "evaluation.json").read_text())
    assert code == 0 and again["run"] == str(digits_run) and again["pictures"] == first["pictures"]
    for name, value in first["metrics"].items():
        assert again["metrics"][name] == pytest.approx(value, abs=1e-6), name
    assert again["per_class"] == first["per_class"]


def test_evaluate_on_pictures_that_trained_warns(striate, digits_run, digits):
    code, out, err = striate("evaluate", digits_run, digits)
    assert code == 0 and "of 120 pictures" in out
    assert "102 of these 120 pictures trained or selected this network" in err


def test_evaluate_matches_classes_by_name_and_reports_unknown_ones(striate, digits_run, tmp_path):
    data = write_digits(tmp_path / "new", "27", 6, first=300)
    code, out, err = striate("evaluate", digits_run, data, "--json")
    assert code == 0 and json.loads(out)["pictures"] == 6
    assert "6 pictures left out: the run does not know their classes digit 7" in err
    assert (
        json.loads(out)["metrics"]["accuracy"] >= 5 / 6
    )  # its class is the third of the run, the first here
    other = write_digits(tmp_path / "other", "78", 3)
    code, _, err = striate("evaluate", digits_run, other)
    assert code == 2 and "shares no class with the run" in err


def test_predict_answers_files_and_folders_and_names_bad_ones(striate, digits_run, digits, tmp_path):
    (tmp_path / "bad.png").write_bytes(b"nothing")
    words = [
        "predict",
        digits_run,
        digits / "digit 2" / "001.png",
        tmp_path / "bad.png",
        tmp_path / "gone.png",
    ]
    code, out, _ = striate(*words, "--json")
    lines = [json.loads(line) for line in out.splitlines()]
    assert code == 1  # two of them could not be answered
    assert lines[0]["label"] == lines[0]["top"][0][0] and lines[0]["probability"] == lines[0]["top"][0][1]
    assert sum(value for _, value in lines[0]["top"]) == pytest.approx(1, abs=1e-6)
    assert set(lines[1]) == set(lines[2]) == {"file", "error"}
    code, out, _ = striate("predict", digits_run, digits / "digit 0")
    assert code == 0 and len(out.splitlines()) == 40


def test_predict_reads_names_that_are_no_utf8_and_nothing_outside_the_folder(
    striate, digits_run, digits, tmp_path
):
    digit = (digits / "digit 2" / "001.png").read_bytes()
    folder = tmp_path / os.fsdecode(b"f\xe9")
    (folder / "inner").mkdir(parents=True)
    (folder / "inner" / os.fsdecode(b"d\xe9.png")).write_bytes(digit)
    (tmp_path / "secret.png").write_bytes(digit)
    (folder / "link.png").symlink_to(tmp_path / "secret.png")
    expected = json.loads(striate("predict", digits_run, digits / "digit 2" / "001.png", "--json")[1])
    code, out, _ = striate(
        "predict", digits_run, folder, folder / "inner" / os.fsdecode(b"d\xe9.png"), "--json"
    )
    link, inner, named = [json.loads(line) for line in out.splitlines()]
    assert code == 1
    assert link == {
        "file": f"{tmp_path}/f\\xe9/link.png",
        "error": "a symbolic link that leads outside the data set",
    }
    assert inner["file"] == named["file"] == f"{tmp_path}/f\\xe9/inner/d\\xe9.png"
    assert inner["label"] == named["label"] == expected["label"]
    assert inner["probability"] == pytest.approx(expected["probability"], abs=1e-6)


def test_probabilities_are_calibrated(striate, digits_run, digits):
    network = load(digits_run)
    temperature = json.loads((digits_run / "calibration.json").read_text())["temperature"]
    picture = digits / "digit 2" / "001.png"
    scores = network.outputs(network.preprocessing.fit_picture(as_picture(picture))[None])[0]
    expected = torch.softmax(scores.double() / temperature, dim=1).max().item()
    found = json.loads(striate("predict", digits_run, picture, "--json")[1])["probability"]
    assert found == pytest.approx(expected, abs=1e-6)
    assert temperature != pytest.approx(1.0, abs=0.01)


def test_pictures_that_changed_since_the_training_are_said(striate, digits, tmp_path):
    data = shutil.copytree(digits, tmp_path / "data")
    striate("train", data, "--model", "lenet5", "--epochs", 1, "--out", tmp_path, "--name", "run")
    record = json.loads((tmp_path / "classify" / "run" / "dataset.json").read_text())
    name = record["split"]["test"][0]
    (data / name).write_bytes((data / record["split"]["train"][0]).read_bytes())
    code, _, err = striate("evaluate", tmp_path / "classify" / "run")
    assert code == 0
    assert "1 of the 18 test pictures have changed since the training" in err


def test_predict_takes_a_name_with_weights(striate, shared):
    weights = shared / "weights" / "squeezenet1_1.imagenet.safetensors"
    cat = shared / "data" / "scenes" / ".." / "photos" / "chelsea.png"
    code, out, _ = striate("predict", "squeezenet1_1", "--weights", weights, cat, "--json")
    assert code == 0 and json.loads(out)["label"] in {"Egyptian cat", "tiger cat", "tabby"}


def test_report_writes_where_it_is_told(striate, digits_run, tmp_path):
    code, out, _ = striate("report", digits_run, "--out", tmp_path / "deep" / "page.html", "--json")
    assert code == 0 and json.loads(out) == {"files": [str(tmp_path / "deep" / "page.html")]}
    assert (tmp_path / "deep" / "page.html").read_text() == (digits_run / "report.html").read_text()


def test_a_report_elsewhere_leaves_the_run_as_it_is(striate, digits_run, tmp_path):
    page = (digits_run / "report.html").read_bytes()
    run = shutil.copytree(digits_run, tmp_path / digits_run.name)
    (run / "report.html").unlink()
    before = {path: path.stat().st_mtime_ns for path in (run, *run.rglob("*"))}
    code, out, _ = striate("report", run, "--out", tmp_path / "page.html")
    assert (code, out) == (0, f"{tmp_path / 'page.html'}\n")
    assert {path: path.stat().st_mtime_ns for path in (run, *run.rglob("*"))} == before
    assert len((tmp_path / "page.html").read_bytes()) == pytest.approx(
        len(page), rel=0.01
    )  # but for the path


def test_a_report_follows_links_and_stands_in_for_no_device(striate, digits_run, tmp_path):
    (tmp_path / "latest.html").symlink_to(tmp_path / "page.html")
    assert striate("report", digits_run, "--out", tmp_path / "latest.html")[0] == 0
    assert (tmp_path / "latest.html").is_symlink()
    assert (tmp_path / "page.html").read_text().startswith("<!doctype html>")
    os.mkfifo(tmp_path / "pipe")
    code, _, err = striate("report", digits_run, "--out", tmp_path / "pipe")
    assert code == 2 and "is not a file" in err


def test_check_lists_problems_and_fails_only_when_asked(striate, digits, tmp_path):
    data = shutil.copytree(digits, tmp_path / "data")
    shutil.copy(data / "digit 0" / "000.png", data / "digit 1" / "copy.png")
    (data / "digit 2" / "bad.jpg").write_bytes(b"")
    code, out, _ = striate("check", data, "--json")
    found = json.loads(out)
    assert code == 0 and found["pictures"] == 121
    assert found["classes"] == {"digit 0": 40, "digit 1": 41, "digit 2": 40}
    assert found["problems"]["duplicates"] == [["digit 0/000.png", "digit 1/copy.png"]]
    assert found["problems"]["label_conflicts"] == [["digit 0/000.png", "digit 1/copy.png"]]
    assert [entry["file"] for entry in found["problems"]["unreadable"]] == ["digit 2/bad.jpg"]
    assert set(found["problems"]) == {
        *("unreadable", "damaged", "wrong_extension", "duplicates", "near_duplicates", "label_conflicts"),
        *("leaks", "near_leaks", "near_label_conflicts", "blank", "odd_sizes", "small_classes"),
        *("mislabelled", "odd_labels"),
    }
    code, out, _ = striate("check", data, "--fail")
    assert code == 1 and "digit 2/bad.jpg" in out


def test_check_writes_a_page_and_a_list(striate, digits, tmp_path):
    page, listed = tmp_path / "deep" / "check.html", tmp_path / "clean.csv"
    code, out, err = striate("check", digits, "--out", page, "--clean-list", listed)
    assert code == 0 and "120 readable pictures, 3 classes" in out and "no problems found" in out
    assert page.read_text().startswith("<!doctype html>")
    assert len(listed.read_text().splitlines()) == 121 and str(listed) in err


def test_check_with_a_run_names_labels_that_it_doubts(striate, digits, digits_run, tmp_path):
    data = shutil.copytree(digits, tmp_path / "data")
    (data / "digit 0" / "007.png").rename(data / "digit 1" / "moved.png")
    code, out, _ = striate("check", data, "--run", digits_run, "--json")
    suspects = json.loads(out)["problems"]["mislabelled"]
    found = {suspect["file"]: (suspect["label"], suspect["predicted"]) for suspect in suspects}
    assert code == 0 and found["digit 1/moved.png"] == ("digit 1", "digit 0")
    assert suspects[0]["part"] in ("train", "validation", "test") and suspects[0]["probability"] >= 0.8
    code, _, err = striate("check", data, "--run", tmp_path / "nowhere")
    assert code == 2 and "is not a run" in err


def test_check_draws_a_sheet_of_an_augmentation(striate, digits, tmp_path):
    from PIL import Image

    code, out, _ = striate("check", digits, "--augment", "light", "--out", tmp_path / "sheet.png")
    assert (code, out) == (0, f"{tmp_path / 'sheet.png'}\n")
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.width > 9 * 96 and sheet.height > 8 * 96  # nine columns and eight rows
    code, _, err = striate("check", digits, "--augment", "ligth", "--out", tmp_path / "other.png")
    assert code == 2 and "Did you mean light?" in err
    code, _, err = striate("check", digits, "--augment", "light", "--out", tmp_path / "sheet.pdf")
    assert code == 2 and ".png, .jpg or .html" in err


def test_check_with_augment_follows_every_option_or_refuses_it(striate, digits, tmp_path):
    sheet = ("check", digits, "--augment", "{shift = 0.1, mirror = true}", "--out")
    code, _, err = striate(*sheet, tmp_path / "a.png")
    assert code == 0, err
    assert striate(*sheet, tmp_path / "b.png", "--seed", 0)[0] == 0
    assert striate(*sheet, tmp_path / "c.png", "--seed", 1)[0] == 0
    first, same, other = ((tmp_path / f"{name}.png").read_bytes() for name in "abc")
    assert first == same != other
    for flags in (["--strict"], ["--fail"], ["--clean-list", tmp_path / "clean.csv"]):
        code, _, err = striate(*sheet, tmp_path / "d.png", *flags)
        assert code == 2 and f"{flags[0]} is about problems, and --augment only draws a sheet" in err
    code, _, err = striate(*sheet, tmp_path / "d.png", "--max-pixels", 20)
    assert code == 2 and "has no picture that can be read" in err
    code, _, err = striate("check", digits, "--seed", 1)
    assert code == 2 and "--seed is of the augmentation sheet" in err
    assert not (tmp_path / "d.png").exists() and not (tmp_path / "clean.csv").exists()


def test_models_lists_the_catalogue(striate):
    code, out, _ = striate("models", "--json")
    listed = {entry["name"]: entry for entry in json.loads(out)}
    assert code == 0 and listed["resnet18"]["parameters"] == 11_689_512
    assert set(listed["lenet5"]) == {
        *("name", "task", "year", "parameters", "multiply_adds", "input", "weights", "published", "paper"),
    }
    assert "efficientnet_lite0" in striate("models")[1]


def test_doctor_looks_at_the_machine(striate):
    code, out, _ = striate("doctor", "--json")
    found = json.loads(out)
    assert code == 0 and {"versions", "cpu", "threads", "cache", "problems"} <= set(found)
    assert striate("doctor")[0] == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["train", "nowhere"], "nowhere"),
        (["evaluate", "nowhere"], "nowhere is not a run"),
        (["predict", "nowhere", "x.png"], "nowhere is not a run"),
        (["report", "nowhere"], "nowhere is not a run"),
        (["check", "nowhere"], "nowhere"),
        (["train", "--resume", "nowhere"], "nowhere is not a run"),
    ],
)
def test_errors_for_people_are_one_line_and_exit_2(striate, tmp_path, monkeypatch, words, message):
    monkeypatch.chdir(tmp_path)
    code, out, err = striate(*words)
    assert code == 2 and out == ""
    assert err.startswith("error: ") and message in err and err.count("\n") == 1


def test_ctrl_c_says_how_to_go_on(tmp_path):
    import os
    import signal
    import time

    data = write_digits(tmp_path / "digits", "0123456789", 60)
    command = [sys.executable, "-m", "striate", "train", str(data), "--model", "lenet5", "--epochs", "500"]
    process = subprocess.Popen([*command, "--out", str(tmp_path)], stderr=subprocess.PIPE, text=True)
    metrics = tmp_path / "classify" / "digits-lenet5" / "metrics.jsonl"
    deadline = time.monotonic() + 60
    while not (metrics.is_file() and metrics.stat().st_size) and time.monotonic() < deadline:
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert f"go on with: striate train --resume {metrics.parent}" in err and "Traceback" not in err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["train", "x", "--epochs", "many"], "error: invalid value for '--epochs'"),
        (["train", "x", "--lr", "fast"], "error: --lr 'fast': input should be"),
        (["trian"], "error: no such command 'trian'. Did you mean 'train'?"),
        (["train", "a", "b"], "error: got unexpected extra argument"),
    ],
)
def test_a_wrong_call_is_one_line(arguments, told):
    called = subprocess.run(
        [sys.executable, "-m", "striate", *arguments], capture_output=True, text=True, check=False
    )
    assert called.returncode == 2 and called.stdout == ""
    assert called.stderr.startswith(told) and called.stderr.count("\n") == 1


def test_json_on_stdout_never_holds_what_is_not_finite(capsys):
    from striate.cli.terminal.say import print_json

    print_json({"accuracy": float("nan"), "loss": [float("inf"), 0.5]})
    assert capsys.readouterr().out == '{"accuracy": null, "loss": [null, 0.5]}\n'


def test_pictures_of_floats_and_of_32_bits_are_named_by_every_command(striate, digits, digits_run, tmp_path):
    data = shutil.copytree(digits, tmp_path / "data")
    deep = {"f.tif": Image.new("F", (28, 28), 0.5), "i.tif": Image.new("I", (28, 28), 70_000)}
    for name, image in deep.items():
        image.save(data / "digit 0" / name)
    reason = "without a fixed white, and 8 or 16 bits are read; scale them to one of these and save it again"
    files = [data / "digit 0" / name for name in deep]
    calls = [
        (0, ("check", data)),
        (0, ("train", data, "--model", "lenet5", "--epochs", 1, "--out", tmp_path / "runs")),
        (1, ("predict", digits_run, *files)),
        (1, ("explain", digits_run, *files, "--out", tmp_path / "heat")),
    ]
    for expected, words in calls:
        code, out, err = striate(*words)
        lines = [line for line in (out + err).splitlines() if reason in line]
        assert code == expected and [next(n for n in deep if n in line) for line in lines] == list(deep), (
            words
        )
    code, _, err = striate("train", data, "--strict", "--out", tmp_path / "runs")
    assert code == 2 and reason in err and "leave out --strict" in err
