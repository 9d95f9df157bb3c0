"""The one place that opens and closes an SVG drawing: its size, its description, its letters."""

from html import escape

FONT = "font:12px system-ui,sans-serif"  # letters of 12 pixels where the drawing is shown at its own size


def in_page(width: int, height: int, description: str, content: str) -> str:
    """A drawing inside an HTML page, in the page's colours; no namespace, so it is no file."""
    return _opened("", width, height, description, f' style="{FONT}"') + f"{content}</svg>"


def as_file(width: int, height: int, description: str, content: str) -> str:
    """A drawing that is a file of its own, on white."""
    space, size = ' xmlns="http://www.w3.org/2000/svg"', f' width="{width}" height="{height}"'
    paper = '<rect width="100%" height="100%" fill="#fff"/>'
    return f"{_opened(space, width, height, description, size)}{paper}{content}</svg>\n"


def nested(drawing: str, x: int, y: int, width: int, height: int) -> str:
    """A drawing made for a page, inside another one."""
    place = f'<svg x="{x}" y="{y}" width="{width}" height="{height}" '
    return drawing.replace("<svg ", place, 1)


def _opened(space: str, width: int, height: int, description: str, more: str) -> str:
    label = escape(description)
    return f'<svg{space} viewBox="0 0 {width} {height}" role="img" aria-label="{label}"{more}>'
