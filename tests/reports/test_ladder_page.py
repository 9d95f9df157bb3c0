"""The ladder's page: names instead of paths, and letters of one size."""

import re

from striate.reports.ladder import write_ladder


def test_a_ladder_names_data_and_runs_without_their_folders_and_draws_at_its_own_size(tmp_path):
    epochs = [{"validation_accuracy": 0.5}, {"validation_accuracy": 0.75, "best": True}]
    rung = {"name": "probe", "model": "lenet5", "accuracy": 0.75, "interval": (0.5, 0.9), "seconds": 3.0}
    rung |= {"pictures": 20, "epochs": epochs, "repaired": [], "broken": [], "run": "/home/me/runs/a-probe"}
    write_ladder(tmp_path / "page.html", "/home/me/photos", "test", [rung], {}, None)
    page = (tmp_path / "page.html").read_text()
    assert "/home/me" not in page
    assert "<h1><bdi>photos</bdi></h1>" in page and "a-probe</bdi>" in page
    # A drawing 360 or 460 wide has letters of 12 pixels only where it is as wide on the page.
    widths = re.findall(r'style="(?:min|max)-width: (\d+)px">(?:<div[^>]*>)?<svg viewBox="0 0 (\d+)', page)
    assert len(widths) == 2 and all(shown == drawn for shown, drawn in widths)
