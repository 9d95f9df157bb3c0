"""How results show themselves: a few lines in a terminal, a table in a notebook, plain values by one name."""

import json
import re
import shutil
from xml.etree import ElementTree

import pytest
from PIL import Image

import striate
from striate.errors import StriateError


@pytest.fixture(scope="module")
def run(digits_run):
    return striate.Run(str(digits_run))


@pytest.fixture(scope="module")
def answer(run):
    return striate.load(run).predict(Image.new("L", (28, 28)))


def shown(value):
    html = value._repr_html_()
    ElementTree.fromstring(f"<div>{html}</div>")  # every element is closed
    return html


def test_a_run_is_made_of_its_path_and_says_what_it_is(run, digits_run):
    told = repr(run).splitlines()
    assert len(told) == 5 and told[0] == f"Run {digits_run}"
    assert "accuracy" in told[4] and "test pictures" in told[4] and "accuracy" in shown(run)
    assert run == striate.Run(digits_run) and run.to_dict() == run.result


def test_what_is_no_run_says_so_and_never_breaks_a_notebook(tmp_path):
    nothing = striate.Run(str(tmp_path / "none"))
    assert "is not a run" in repr(nothing) and "is not a run" in shown(nothing)
    for asked in (lambda: nothing.metrics, lambda: nothing.history, nothing.plot):
        with pytest.raises(StriateError, match="is not a run"):
            asked()


def test_history_is_the_epochs_as_they_were_logged(run):
    lines = [json.loads(line) for line in (run.path / "metrics.jsonl").read_text().splitlines()]
    history = run.history
    assert list(history) == lines == history.to_dict() and history[0] == lines[0]
    assert len(history.csv().splitlines()) == len(lines) + 1 == shown(history).count("<tr>")
    assert "\u00a0%" in shown(history) and "\ufffd" not in shown(history)
    assert "Validation loss" in repr(history) and f"{history.best}*" in repr(history)


def test_the_curves_are_a_drawing_for_a_slide_and_no_strangers_file_is_replaced(run, tmp_path):
    plot = run.plot()
    assert "Validation accuracy" in repr(plot) and "<svg" in shown(plot)
    file = plot.save(tmp_path / "curves.svg")
    drawing = ElementTree.fromstring(file.read_text())
    assert drawing.tag.endswith("svg") and "var(" not in file.read_text()
    assert len(drawing.findall(".//{*}svg")) == len(plot.charts) > 1
    assert plot.save(tmp_path / "curves.svg") == file
    file.write_text("mine")
    with pytest.raises(StriateError, match="not overwritten"):
        plot.save(file)


def test_a_network_takes_few_lines_and_not_all_of_its_modules(run):
    network = striate.load(run)
    told = repr(network)
    assert len(told.splitlines()) <= 6 and "parameters  61,111" in told and "1x32x32" in told
    assert "61,111" in shown(network)
    both = striate.load([run, run])
    assert "2 predictors" in repr(both) and len(repr(both).splitlines()) == 3 and "lenet5" in shown(both)


def test_an_answer_is_a_table_of_classes(answer):
    rows = re.findall(r"<td[^>]*>([^<]*)</td>", shown(answer))
    assert rows[0] == answer.top[0][0] == answer.label and rows[1].endswith("%") and len(rows) == 6


def test_names_of_strangers_run_nothing_in_a_notebook(answer):
    bad = type(answer)("<script>x</script>\u202e", 1.0, [("<b>", 1.0)])
    assert "<script" not in shown(bad) and "<b>" not in shown(bad) and "\u202e" not in shown(bad)


def test_an_audit_is_counts_and_not_every_file(digits):
    audit = striate.check(digits)
    told = repr(audit)
    assert told.splitlines()[0].startswith("Audit of ") and len(told.splitlines()) < 15
    assert all(name in shown(audit) for name in audit.classes)


def test_an_anatomy_is_a_table_of_layers(run):
    anatomy = striate.inspect(run)
    assert len(repr(anatomy).splitlines()) == 5 and shown(anatomy).count("<tr>") == len(anatomy.layers) + 2
    assert "K * (f*f*C + 1)" in shown(anatomy.explain("c1"))


def test_plain_values_have_one_name_and_the_old_one(run, answer, digits):
    values = [answer, striate.check(digits), striate.inspect(run), striate.compare(run, run)]
    assert all(one.to_dict() == one.to_json() for one in values)
    assert all(json.dumps(one.to_dict()) for one in values)


def test_runs_are_compared_one_after_the_other_as_the_command_names_them(run, tmp_path):
    other = shutil.copytree(run.path, tmp_path / "other")
    assert striate.compare(run, other) == striate.compare([run, other])
    assert [one.run for one in striate.compare(str(run.path), run, other).runs][2] == str(other)
    with pytest.raises(StriateError, match="got 1; name another"):
        striate.compare(run)
