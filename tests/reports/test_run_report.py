"""The report of a run: complete, self-contained, escaped, reproducible, and calm about what is missing."""

import html
import json
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser

import pytest
from tests.reports.example_runs import HOSTILE

from striate.reports.run import report_html, write_report
from striate.runs.folder import RunFolder

FILES = (
    "config.toml",
    "dataset.json",
    "environment.json",
    "metrics.jsonl",
    "calibration.json",
    "preprocess.json",
    "labels.json",
    "evaluation.json",
    "result.json",
)
VOID = {"meta", "link", "img", "br", "hr", "input"}


class Page(HTMLParser):
    """Elements, attributes and text of a page; unbalanced tags are an error."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, {key: value or "" for key, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, {key: value or "" for key, value in attrs}))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not {"style", "script"} & set(self.open):
            self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", "".join(self.words))

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.tags if name == tag]


def test_the_result_is_one_sentence_with_its_interval(digits):
    page = Page(report_html(digits))
    assert "98.9 % of 2,000 test pictures are right (95 % interval 98.3–99.3 %)." in page.text
    assert "book_mnist on digits" in page.text
    assert "12 May 2025, 14:03 UTC" in page.text
    assert "probably too good" not in page.text


def test_a_network_with_a_long_name_has_a_short_heading_and_its_name_below(digits):
    pattern = "3x32x32 " + "C64k3 " * 20 + "F10"
    config = digits / "config.toml"
    config.write_text(config.read_text().replace('model = "book_mnist"', f'model = "{pattern}"'))
    page = report_html(digits)
    assert f"<h1><bdi>{pattern[:39]}…</bdi> <span>on</span>" in page
    assert pattern in page


def test_every_section_shows_what_the_files_say(digits):
    text = Page(report_html(digits)).text
    for expected in (
        "99.95 %",  # top 5
        "0.4 % before temperature 3.1 %",
        "temperature of 1.31",
        "Training pictures10,000",
        "Skipped pictures2",
        "41 s",
        "93,322",
        "12 of 22 mistakes among 2,000 pictures",
        "Epoch 9 of 10 was best",
        "head epochs 1–3",
        "4 taken for 9: 6 of 200 pictures (3.0 %)",
        "small grey pictures and 10 classes",
        "28 × 28 pixels, grey",
        "class folders, unsplit",
        "9f2c4e1ab07d5d3e",
        "the file is empty",
        "the file ends early",
        "fewer than 3",
        "striate train '/data/digits/' --epochs 10 --seed 0",
        f"striate predict {digits.path} picture.jpg",
        "label_smoothing 0.1",
        "AMD EPYC 9R14",
    ):
        assert re.sub(r"\s+", "", expected) in re.sub(r"\s+", "", text), expected


def test_the_weakest_class_comes_first(digits):
    (_, table) = report_html(digits).split('<table class="numbers sortable">', 1)
    rows = re.findall(
        r'<tr><th scope="row" class="text"><bdi[^>]*>(\w+)</bdi></th>', table.split("</table>")[0]
    )
    f1 = {k: v["f1"] for k, v in digits.read_json("evaluation.json")["per_class"].items()}
    assert rows[0] == min(f1, key=lambda label: f1[label])
    assert [f1[label] for label in rows] == sorted(f1.values())


def test_the_heat_table_has_every_count_at_its_place(digits):
    table = report_html(digits).split('<table class="heat')[1].split("</table>")[0]
    cells = [re.findall(r"<td[^>]*>([^<]*)</td>", row) for row in table.split("<tr>")[2:]]
    shown = [[0 if cell == "·" else int(cell) for cell in row] for row in cells]
    assert shown == digits.read_json("evaluation.json")["confusion"]


def test_more_than_thirty_classes_are_listed_in_words_only(digits):
    labels = [f"species {number}" for number in range(31)]
    evaluation = digits.read_json("evaluation.json")
    matrix = [[50 if t == a else 0 for a in range(31)] for t in range(31)]
    matrix[3][17] = 4
    digits.write_json("labels.json", labels)
    digits.write_json("evaluation.json", evaluation | {"confusion": matrix})
    page = report_html(digits)
    assert 'class="heat' not in page
    assert "species 3 taken for species 17: 4 of 54" in Page(page).text.replace("\u00a0", " ")


def test_nothing_is_loaded_from_anywhere(digits, hostile):
    for run in (digits, hostile):
        text = report_html(run)
        page = Page(text)
        for tag, attributes in page.tags:
            for name in ("src", "href", "srcset", "action", "data", "poster", "xlink:href"):
                target = attributes.get(name, "data:")
                assert target.startswith("data:"), (tag, name, target)
            assert not [name for name in attributes if name.startswith("on")]
        assert "url(" not in text
        assert "@import" not in text
        assert "http://" not in text
        assert "https://" not in text
        (policy,) = [
            m["content"] for m in page.all("meta") if m.get("http-equiv") == "Content-Security-Policy"
        ]
        assert policy.startswith("default-src 'none'")


def test_hostile_names_stay_text(hostile):
    text = report_html(hostile)
    page = Page(text)
    assert len(page.all("script")) == 1
    assert not page.all("b")
    assert all(image["src"].startswith("data:image/png;base64,") for image in page.all("img"))
    assert html.escape(HOSTILE[0], quote=False) in text.replace("&#34;", '"')
    assert HOSTILE[0] in page.text
    assert "\u202e" not in text  # a name must not make its neighbours read backwards
    assert "\U0001f63a" in page.text


def test_names_that_are_not_unicode_can_be_written(hostile):
    settings = (hostile / "dataset.json").read_text()
    escaped = settings.replace("7/empty.png", "7/\\udce9mpty\\u0000.png")
    (hostile / "dataset.json").write_text(escaped)
    assert "7/\ufffdmpty\ufffd.png" in write_report(hostile).read_text(encoding="utf-8")


def test_validation_figures_carry_a_warning(hostile):
    text = Page(report_html(hostile)).text
    assert "88.3 % of 60 validation pictures are right" in text
    assert "selection has seen these pictures" in text


def test_top_five_is_shown_for_more_than_five_classes_only(digits, hostile):
    assert "Top 5" in report_html(digits)
    assert "Top 5" not in report_html(hostile)


def test_the_same_folder_gives_the_same_bytes(digits):
    first = write_report(digits).read_bytes()
    assert write_report(digits).read_bytes() == first
    assert write_report(RunFolder.open(digits.path)).read_bytes() == first


@pytest.mark.parametrize("name", FILES)
def test_one_missing_file_is_named_or_not_needed(digits, name):
    (digits / name).unlink()
    page = Page(report_html(digits))
    if name not in ("labels.json", "calibration.json"):
        assert name in page.text


@pytest.mark.parametrize("name", [name for name in FILES if name != "metrics.jsonl"])
@pytest.mark.parametrize("content", ["{", "[1]\n", '"text"\n', "\x00\n"])
def test_a_damaged_file_does_not_stop_the_page(digits, name, content):
    (digits / name).write_text(content)
    page = Page(report_html(digits))
    if name in ("config.toml", "dataset.json", "environment.json", "evaluation.json", "result.json"):
        assert "damaged" in page.text


@pytest.mark.parametrize("content", ["{\n", "\x00\n"])
def test_damaged_epochs_do_not_stop_the_page(digits, content):
    (digits / "metrics.jsonl").write_text(content)
    assert "metrics.jsonl (the epochs) is damaged" in Page(report_html(digits)).text


def test_the_epochs_alone_give_curves_and_say_what_is_missing(digits, tmp_path):
    run = RunFolder.create(tmp_path, "classify", "young")
    shutil.copy(digits / "metrics.jsonl", run / "metrics.jsonl")
    page = Page(report_html(run))
    assert len(page.all("svg")) == 3
    assert "This run is not complete" in page.text
    assert "evaluation.json (the evaluation) is not there" in page.text
    assert f"striate train --resume {run.path}" in page.text
    assert "striate predict" not in page.text


def test_an_empty_run_is_a_page(tmp_path):
    run = RunFolder.create(tmp_path, "classify", "empty")
    assert "has not been evaluated yet" in Page(write_report(run).read_text()).text


def test_pictures_outside_the_run_are_not_shown(digits, tmp_path):
    shutil.copy(digits / "pictures/mistake-01.png", tmp_path / "secret.png")
    evaluation = digits.read_json("evaluation.json")
    evaluation["mistakes"] = [evaluation["mistakes"][0] | {"picture": "../../../secret.png"}]
    digits.write_json("evaluation.json", evaluation)
    page = Page(report_html(digits))
    assert page.all("img") == []
    assert "no picture" in page.text


@pytest.mark.parametrize("task", ["classify", "locate", "landmarks", "a task without a section"])
def test_an_answer_without_a_value_leaves_the_evaluation_whole(digits, task):
    """Such as a missed object, of which there is no class, no probability and no box."""
    missed = {"file": "a.png", "true_label": "cup", "label": "", "probability": "", "presence": 0.1, "x1": ""}
    evaluation = digits.read_json("evaluation.json")
    digits.write_json("evaluation.json", evaluation | {"mistakes": [missed]})
    digits.write_json("result.json", digits.read_json("result.json") | {"task": task})
    page = Page(report_html(digits))
    assert "evaluation.json" not in page.text.split("Train it again")[0] and "a.png" in page.text
    assert "is damaged" not in page.text and "lists no mistakes" not in page.text


def test_the_run_says_which_figures_are_percentages(digits):
    told = {False: "accuracy 0.", True: "accuracy 9"}
    for shares in ([], ["accuracy"]):
        digits.write_json("task.json", {"in_percent": shares, "learned": {}})
        assert told[bool(shares)] in Page(report_html(digits)).text


def test_a_run_that_moved_is_named_by_its_new_place(digits, tmp_path):
    moved = tmp_path / "else where" / "renamed"
    moved.parent.mkdir()
    shutil.move(digits.path, moved)
    assert f"striate predict '{moved}' picture.jpg" in Page(report_html(RunFolder(moved))).text


def test_metrics_of_another_task_are_shown_by_their_names(digits):
    digits.write_json("evaluation.json", {"split": "test", "pictures": 40, "metrics": {"ap50": 0.71234}})
    text = Page(report_html(digits)).text
    assert "Evaluated on 40 test pictures." in text
    assert "ap500.712" in text.replace(" ", "")


def test_every_picture_table_and_section_has_words_for_those_who_do_not_see(digits):
    text = report_html(digits)
    page = Page(text)
    assert all(image["alt"] for image in page.all("img"))
    assert all(svg.get("aria-label") for svg in page.all("svg"))
    assert len(page.all("caption")) == len(page.all("table"))
    headings = {heading["id"] for heading in page.all("h2")}
    assert {section["aria-labelledby"] for section in page.all("section")} == headings
    assert len(page.all("h1")) == 1
    identities = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(identities) == len(set(identities))


def test_the_report_does_not_need_torch():
    code = "import sys, striate.reports.run; sys.exit('torch' in sys.modules or 'matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.browser
def test_on_a_phone_nothing_is_cut_and_nothing_is_requested(digits, hostile):
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("chromium is not installed")
    with sync_api.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for run in (digits, hostile):
            address = write_report(run).as_uri()
            page = browser.new_page(viewport={"width": 390, "height": 844})
            requests: list[str] = []
            complaints: list[str] = []
            page.on("request", lambda request, seen=requests: seen.append(request.url))
            page.on("console", lambda message, seen=complaints: seen.append(message.text))
            page.on("dialog", lambda dialog, seen=complaints: seen.append(dialog.message))
            page.goto(address)
            assert page.evaluate("document.documentElement.scrollWidth") <= 390
            assert [url for url in requests if not url.startswith("data:")] == [address]
            assert complaints == []
        page = browser.new_page()
        page.goto((digits / "report.html").as_uri())
        table = page.locator("table.sortable").first
        table.get_by_role("button", name="Class", exact=True).click()
        assert table.locator("tbody th").all_inner_texts() == [str(digit) for digit in range(10)]
        table.get_by_role("button", name="Class", exact=True).click()
        assert table.locator("tbody th").first.inner_text() == "9"
        browser.close()


def test_the_fixture_is_what_a_run_writes(digits):
    assert json.loads((digits / "evaluation.json").read_text())["pictures"] == 2000
    assert digits.finished


def with_counts(folder, counts, train):
    """The run with other counts in dataset.json, and so many training pictures in its split."""
    record = folder.read_json("dataset.json")
    record["classes"] = ["cat", "dog"]
    record["counts"] = dict.fromkeys(("train", "validation", "test"), counts)
    names = [f"{number}.png" for number in range(train)]
    record["split"] = {"train": names, "validation": names[:5], "test": names[:5]}
    folder.write_json("dataset.json", record)
    return report_html(folder)


def table_of(page):
    """The cells of the table of parts, row by row."""
    table = page.split("Pictures per ", 1)[1].split("</table>")[0]
    rows = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in table.split("<tr>")[1:]]
    return [[re.sub("<[^>]+>", "", cell) for cell in row] for row in rows]


def test_pictures_without_a_class_are_counted_in_the_data_section(digits):
    """The total once was that of the classes: a localiser's empty scenes were missing."""
    rows = table_of(with_counts(digits, {"cat": 2, "dog": 1}, 9))
    assert ["none of these", "6", "2", "2"] in rows and rows[-1] == ["All", "9", "5", "5"]
    rows = table_of(with_counts(digits, {"cat": 2, "dog": 3}, 5))
    assert not any(row[0] == "none of these" for row in rows)


@pytest.mark.parametrize("counts", [{}, {"cat": 0, "dog": 0}])
def test_a_task_without_classes_has_no_rows_of_them(digits, counts):
    """Landmarks once had a row of zeros for every name beside their points."""
    page = with_counts(digits, counts, 9)
    assert "Pictures per class" not in page and "Pictures per part" in page
    assert [row[0] for row in table_of(page)] == ["Part", "All"] and table_of(page)[-1] == [
        "All",
        "9",
        "5",
        "5",
    ]
