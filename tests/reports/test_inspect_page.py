"""The drawn network: what its data says, that it needs nothing else, and that it works in a browser."""

import json
import re
from collections import OrderedDict

import pytest
import torchvision
from torch import nn

import striate
from striate.actions.inspect import page_file
from striate.anatomy.anatomy import anatomy_of
from striate.anatomy.blocks import blocks_of, page_values
from striate.reports.inspect import inspect_html


def test_the_drawings_arrows_are_the_networks_and_activations_stand_in_their_block():
    blocks = blocks_of(anatomy_of(torchvision.models.resnet18(weights=None), (3, 64, 64)))
    names = [block["layers"][0]["name"] for block in blocks]
    assert [one["name"] for one in blocks[1]["layers"]] == ["conv1", "bn1", "relu"]
    add = blocks[names.index("layer2.0.add")]
    assert {names[number] for number in add["inputs"]} == {"layer2.0.conv2", "layer2.0.downsample.0"}
    assert add["sign"] == "+" and add["shape"] == [128, 8, 8]
    assert all(number < at for at, block in enumerate(blocks) for number in block["inputs"])


def test_the_page_is_one_file_without_requests_and_escapes_names():
    network = nn.Sequential(OrderedDict({"</script><b>": nn.Conv2d(1, 2, 3)}))
    anatomy = anatomy_of(network, (1, 8, 8), "</script><b>")
    html = inspect_html(page_values(anatomy))
    data = re.search(r'<script type="application/json" id="network">(.*?)</script>', html, re.S)
    assert json.loads(data[1])["blocks"][1]["shape"] == [2, 6, 6]
    assert "</script><b>" not in html and "default-src 'none'" in html
    assert not re.search(r'(src|href)="(?!data:)', html)
    assert html == inspect_html(page_values(anatomy_of(network, (1, 8, 8), "</script><b>")))


def test_a_page_is_written_where_it_is_told(tmp_path):
    anatomy = striate.inspect("lenet5")
    assert page_file(anatomy, tmp_path / "deep" / "net.html").read_text().startswith("<!doctype html>")
    assert page_file(anatomy, tmp_path).name == "inspect.html"


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 390])
def test_blocks_open_close_and_tell_their_arithmetic(tmp_path, width):
    browser = _chromium()
    network = torchvision.models.resnet18(weights=None)
    page_file(anatomy_of(network, (3, 224, 224), "resnet18"), tmp_path / "net.html")
    with browser() as chromium:
        page = chromium.new_page(viewport={"width": width, "height": 800})
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"file://{tmp_path}/net.html")
        at_first = page.locator(".block").count()
        page.click("#close")
        assert page.locator(".block.stack").count() == 4
        page.locator('[data-key="layer3"]').press("Enter")
        assert page.locator(".block").count() == 11  # one stack became two
        page.click("#open")
        assert page.locator(".block").count() == 1 + 20 + 8 + 1 + 1 + 1 + 1 >= at_first
        page.locator('[aria-label^="conv1,"]').press("Enter")
        assert "floor((224 + 2*3 - 7) / 2) + 1 = 112" in page.inner_text("#panel")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert errors == []


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 390])
def test_a_long_network_scrolls_with_a_sign_until_its_end_or_fits(tmp_path, width):
    browser = _chromium()
    page_file(striate.inspect("vgg16"), tmp_path / "net.html")
    with browser() as chromium:
        page = chromium.new_page(viewport={"width": width, "height": 800})
        page.goto(f"file://{tmp_path}/net.html")
        wanted = "More to the right →" if width == 1280 else "More below ↓"
        page.wait_for_function("text => document.getElementById('more').textContent === text", arg=wanted)
        page.evaluate("stage.scrollTo(stage.scrollWidth, stage.scrollHeight)")
        page.wait_for_function("more.textContent === 'Back to the beginning'")
        page.locator('[aria-label^="features.0,"]').press("Enter")
        assert "K * (f*f*C + 1) = 64 * (3*3*3 + 1) = 1,792" in page.inner_text("#panel")
        page.evaluate("stage.scrollTo(0, 0)")
        page.click("#fit")
        assert page.evaluate("stage.scrollWidth <= stage.clientWidth")


OVERLAPS = """() => {
  const texts = [...document.querySelectorAll("#stage svg text")]
    .map((text) => [text.textContent, text.getBoundingClientRect()]);
  const found = [];
  texts.forEach(([one, a], at) => texts.slice(at + 1).forEach(([other, b]) => {
    const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    if (one && other && wide > 1 && high > 2.5) found.push([one, other, wide, high]);
  }));
  return found;
}"""


@pytest.mark.browser
@pytest.mark.parametrize("name", ["googlenet", "densenet121", "inception_v3"])
def test_no_text_of_the_drawing_lies_on_another(tmp_path, name):
    browser = _chromium()
    page_file(striate.inspect(name), tmp_path / "net.html")
    with browser() as chromium:
        for width in (1280, 390):
            page = chromium.new_page(viewport={"width": width, "height": 900})
            page.goto(f"file://{tmp_path}/net.html")
            assert page.evaluate(OVERLAPS) == []
            assert page.locator("#stage svg .shape").count() >= 10
            page.click("#open")
            assert page.evaluate(OVERLAPS) == []


def _chromium():
    import contextlib
    import shutil

    api = pytest.importorskip("playwright.sync_api")
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("chromium is not installed")

    @contextlib.contextmanager
    def start():
        with api.sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
            yield browser
            browser.close()

    return start
