"""`striate inspect` as a person and as a script use it."""

import csv
import io
import json
import subprocess
import sys

import pytest
import torch
from torch import nn

import striate
from striate.cli.main import main
from striate.errors import StriateError
from striate.models.catalog import MODELS


@pytest.fixture
def run(capsys, monkeypatch):
    def run(*words, answers=""):
        monkeypatch.setattr(sys, "argv", ["striate", *map(str, words)])
        monkeypatch.setattr(sys, "stdin", io.StringIO(answers))
        try:
            main()
            code = 0
        except SystemExit as end:
            code = end.code or 0
        out, err = capsys.readouterr()
        return code, out, err

    return run


def test_the_json_is_what_scripts_rely_on(run):
    code, out, _ = run("inspect", "lenet5", "--json")
    told = json.loads(out)
    assert code == 0 and out.count("\n") == 1
    assert told["model"] == "lenet5" and told["input"] == [1, 32, 32] and told["parameters"] == 61_706
    assert told["trainable_parameters"] == 61_706 and told["multiply_adds"] == 416_520
    keys = {"name", "kind", "output", "parameters", "multiply_adds", "bytes", "receptive_field", "stride"}
    assert all(keys <= set(layer) for layer in told["layers"])
    assert told["forward_bytes"] == 4 * (1024 + sum(layer["bytes"] for layer in told["layers"]) // 4)


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=pytest.mark.slow) if "1202" in name else name for name in MODELS],
)
def test_every_network_of_the_catalogue_has_the_tables_figures(name):
    anatomy = striate.inspect(name)
    entry = MODELS[name]
    assert anatomy.parameters == entry.parameters + entry.auxiliary_parameters
    assert anatomy.multiply_adds == MODELS[name].multiply_adds
    assert anatomy.input == MODELS[name].input


def test_the_table_fits_100_columns_and_ends_with_totals(run):
    code, out, _ = run("inspect", "squeezenet1_1")
    assert code == 0 and max(len(line) for line in out.splitlines()) <= 100
    assert "parameters      1,235,496" in out and "largest batch for the" in out and "most memory" in out


def test_depth_sums_up(run):
    lines = run("inspect", "resnet18", "--depth", 1)[1].splitlines()
    row = next(line for line in lines if line.startswith("layer1"))
    assert "14 layers" in row and "147,968" in row and "64x56x56" in row


def test_pixels_that_no_window_reads_are_said_and_how_to_fix_it(run):
    out = run("inspect", "squeezenet1_1", "--input", "3x226x226")[1]
    assert "does not fit    features.0" in out and "--explain features.0 says what would fit" in out
    told = run("inspect", "squeezenet1_1", "--input", "3x226x226", "--explain", "features.0")[1]
    assert "(226 + 2*0 - 3) / 2 + 1 = 112.50 does not fit" in told and "an input of 225 or 227" in told
    assert "does not fit" not in run("inspect", "resnet18")[1]


def test_explain_writes_the_arithmetic(run):
    code, out, _ = run("inspect", "lenet5", "--explain", "c1")
    assert code == 0 and "6 * (5*5*1 + 1) = 156" in out and "= 122,304 parameters" in out
    code, _, err = run("inspect", "lenet5", "--explain", "c2")
    assert code == 2 and err.startswith("error: unknown layer 'c2'. Did you mean s2")


def test_explain_all_writes_every_layer_with_the_general_formula_beside_the_numbers(run):
    code, out, _ = run("inspect", "lenet5", "--explain", "all")
    layers = striate.inspect("lenet5").layers
    assert code == 0 and all(f"\n{layer.name}: " in f"\n{out}" for layer in layers)
    assert "K * (f*f*C + 1) = 6 * (5*5*1 + 1) = 156" in out and "\nSymbols: n side of the input" in out


def test_the_table_is_written_in_three_forms_and_still_shown(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    files = {"--html": "a.html", "--markdown": "a.md", "--latex": "a.tex", "--csv": "a.csv"}
    words = [word for pair in files.items() for word in pair]
    code, out, _ = run("inspect", "lenet5", *words)
    assert code == 0 and out.startswith("layer ") and "parameters      61,706" in out
    assert out.splitlines()[-4:] == [f"wrote {name}" for name in files.values()]
    assert "| c1 | Conv2d | 6x28x28 | 156 | 117,600 |" in (tmp_path / "a.md").read_text()
    assert r"c1 & Conv2d & 6x28x28 & 156 & 117\,600 &" in (tmp_path / "a.tex").read_text()
    rows = list(csv.DictReader((tmp_path / "a.csv").read_text().splitlines()))
    assert len(rows) == len(striate.inspect("lenet5").layers) and rows[0]["multiply-adds"] == "117600"
    assert run("inspect", "lenet5", *words, "--explain", "all", "--json")[0] == 0  # its own files it replaces
    rows = list(csv.DictReader((tmp_path / "a.csv").read_text().splitlines()))
    assert rows[1]["formula"] == "K * (f*f*C + 1)" and rows[1]["numbers"].startswith("6 * (5*5*1 + 1) = 156")


@pytest.mark.parametrize("option", ["--markdown", "--latex", "--csv"])
def test_a_table_is_printed_alone_and_no_strangers_file_is_replaced(run, tmp_path, option):
    code, out, _ = run("inspect", "lenet5", option, "-")
    assert code == 0 and "6x28x28" in out and "most memory" not in out
    name = tmp_path / f"mine{ {'--markdown': '.md', '--latex': '.tex', '--csv': '.csv'}[option] }"
    name.write_text("mine, not yours\n")
    code, _, err = run("inspect", "lenet5", option, name)
    assert code == 2 and "not overwritten" in err and name.read_text() == "mine, not yours\n"
    assert run("inspect", "lenet5", option, name, "--overwrite")[0] == 0


def test_other_sizes_and_classes(run):
    told = json.loads(run("inspect", "resnet18", "--image-size", 64, "--classes", 7, "--json")[1])
    assert told["input"] == [3, 64, 64] and told["layers"][-1]["output"] == [7]
    told = json.loads(run("inspect", "lenet5", "--input", "3x40x40", "--json")[1])
    assert told["input"] == [3, 40, 40] and told["layers"][0]["output"] == [6, 36, 36]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["resnet5"], "unknown model 'resnet5'"),
        (["lenet5", "--input", "big"], "--input big is no shape"),
        (["lenet5", "--input", "3x3x3", "--image-size", "3"], "give one of them"),
        (["lenet5", "--image-size", "0"], "an image size of 0 is not possible"),
        (["lenet5", "--input", "1x0x9"], "is no picture"),
        (["lenet5", "--input", "32x32"], "channels x height x width"),
        (["no.onnx"], "is not there"),
        (["lenet5", "--csv", "-", "--json"], "--csv and --json cannot be printed at once"),
    ],
)
def test_errors_are_one_line(run, words, message):
    code, out, err = run("inspect", *words)
    assert code == 2 and out == "" and err.startswith("error: ") and message in err and err.count("\n") == 1


def test_a_run_is_inspected_as_it_was_trained(run, digits_run):
    told = json.loads(run("inspect", digits_run, "--json")[1])
    assert told["layers"][-1]["output"] == [3] and told["input"][0] in {1, 3}
    with pytest.raises(StriateError, match="leave --classes out"):
        striate.inspect(digits_run, num_classes=4)


def test_any_module_is_inspected():
    anatomy = striate.inspect(nn.Sequential(nn.Conv2d(1, 2, 3)), input_size=(1, 9, 9))
    assert anatomy.layers[0].output == (2, 7, 7) and anatomy.model == "Sequential"
    assert (anatomy.parameters, anatomy.multiply_adds) == (20, 882)


def test_looking_at_a_network_draws_no_random_numbers():
    before = torch.get_rng_state()
    striate.inspect("resnet18", image_size=64)
    assert torch.equal(before, torch.get_rng_state())


def test_the_quiz_grades_shows_arithmetic_and_ends_politely(run):
    code, out, _ = run("inspect", "lenet5", "--quiz", answers="28x28x6\n156\n6x13x13\n0\n")
    assert code == 0 and out.count("  right") == 3
    assert "wrong, it is 6x14x14" in out and "floor((28 + 2*0 - 2) / 2) + 1 = 14" in out
    assert out.rstrip().endswith("Ended after 4 of 16 blanks. 3 right.")


def test_a_perfect_quiz(run):
    layers = [
        one for one in striate.inspect("book_mnist").layers if one.parameters or one.output != one.input
    ]
    answers = "".join(f"{'x'.join(map(str, one.output))}\n{one.parameters}\n" for one in layers)
    code, out, _ = run("inspect", "book_mnist", "--quiz", answers=answers)
    assert code == 0 and f"{2 * len(layers)} of {2 * len(layers)} right." in out


def test_ctrl_c_ends_the_quiz_politely(run, monkeypatch):
    def stop(_):
        raise KeyboardInterrupt

    monkeypatch.setattr("builtins.input", stop)
    code, out, err = run("inspect", "lenet5", "--quiz")
    assert code == 0 and "Ended after 0 of 16 blanks" in out and err == ""


def test_inspect_imports_neither_fabric_nor_scikit_learn():
    code = (
        "import sys; from striate.cli.main import main\n"
        "sys.argv = ['striate', 'inspect', 'lenet5', '--json']\n"
        "try:\n    main()\nexcept SystemExit: pass\n"
        "print([n for n in ('lightning_fabric', 'sklearn', 'matplotlib', 'scipy') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
