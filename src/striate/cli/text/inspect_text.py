"""How a network's anatomy looks in a terminal of 100 columns."""

from collections.abc import Sequence

from striate.anatomy.anatomy import Anatomy
from striate.anatomy.explain import blocks_of_text, shape_text
from striate.anatomy.formula import fit
from striate.anatomy.geometry import Window
from striate.anatomy.layer import Layer
from striate.anatomy.table import field_text
from striate.anatomy.training import PEAK
from striate.anatomy.uncounted import SO_AT_LEAST, uncounted

NAME, KIND = 25, 16  # columns
GIGA, MEGA, KILO = 10**9, 10**6, 10**3


def table_lines(anatomy: Anatomy, depth: int | None = None) -> list[str]:
    """One line a layer; with `depth`, one line for all that share so many parts of their names."""
    wide = min(max([len(layer.name) for layer in anatomy.layers] + [5]), NAME)
    head = (
        f"{'layer':<{wide}} {'kind':<{KIND}} {'output':>12} {'parameters':>11} {'multiply-adds':>14} "
        f"{'memory':>7} {'field':>9}"
    )
    rows = [f"{'input':<{wide}} {'picture':<{KIND}} {shape_text(anatomy.input):>12}"]
    for name, layers in _rows(anatomy, depth):
        last = layers[-1]
        kind = last.kind if len(layers) == 1 else f"{len(layers)} layers"
        parameters = sum(layer.parameters for layer in layers)
        products = sum(layer.multiply_adds for layer in layers)
        memory = sum(layer.bytes for layer in layers)
        rows.append(
            f"{_fitted(name, wide):<{wide}} {_fitted(kind, KIND):<{KIND}} {shape_text(last.output):>12} "
            f"{parameters:>11,} {products:>14,} {size_text(memory):>7} {field_text(last):>9}"
        )
    return [head, "-" * len(head), *rows, "-" * len(head)]


def total_lines(anatomy: Anatomy) -> list[str]:
    """Sums, and where most of them sits."""
    frozen = anatomy.parameters - anatomy.trainable_parameters
    trainable, memory = anatomy.trainable_parameters, size_text(anatomy.forward_bytes)
    lines = [
        f"parameters      {anatomy.parameters:,}, trainable {trainable:,}, frozen {frozen:,}",
        f"multiply-adds   {anatomy.multiply_adds:,} of convolutions and dense layers",
        f"operations      {anatomy.operations:,} floating-point, every multiplication and addition",
        f"memory          {anatomy.forward_values:,} values, {memory}, activation functions in place",
    ]
    if anatomy.unused:
        count = sum(anatomy.unused.values())
        owners = list(dict.fromkeys(name.split(".")[0] for name in anatomy.unused))
        lines.append(f"not used        {count:,} parameters in evaluation: {', '.join(owners[:6])}")
    lines += [
        line
        for line in (
            _most(anatomy, "parameters", [layer.parameters for layer in anatomy.layers]),
            _most(anatomy, "memory", [layer.bytes for layer in anatomy.layers]),
        )
        if line
    ]
    lines += [f"note            {note}" for note in anatomy.notes]
    return lines + _not_counted(anatomy) + _misfits(anatomy)


def training_lines(anatomy: Anatomy, batch: int | None) -> list[str]:
    """What training would need: for one batch size, and the largest that fits this machine."""
    training = anatomy.training
    if training is None and anatomy.notes:
        return []
    if training is None:
        return ["training         its memory could not be found out on shapes alone"]
    fixed, picture = size_text(training.fixed), size_text(training.picture)
    each = f"{fixed} for weights, gradients and AdamW, and {picture} a picture, {anatomy.numbers}"
    lines = [f"training        {each}"]
    if batch is not None:
        kept = training.bytes(batch)
        peak = size_text(int(PEAK * kept))
        lines.append(f"                batch {batch:,}: {size_text(kept)}, at its peak up to about {peak}")
    from striate.machine.memory import memory

    available = memory().available
    if available is not None:
        fits = training.largest_batch(available)
        lines.append(
            f"                largest batch for the {size_text(available)} free here: about {fits:,}"
        )
    return lines


def explain_lines(anatomy: Anatomy, name: str) -> list[str]:
    """The arithmetic of one layer, or of `all`, and what the symbols mean."""
    blocks = blocks_of_text(anatomy.explain(name))
    return [line for at, block in enumerate(blocks) for line in ([""] if at else []) + block]


def size_text(count: int) -> str:
    """Bytes with a decimal unit: `61.0 MB`."""
    if count == 0:
        return "-"
    for unit, name in ((GIGA, "GB"), (MEGA, "MB"), (KILO, "kB")):
        if count >= unit:
            value = count / unit
            return f"{value:.0f} {name}" if value >= 100 else f"{value:.1f} {name}"
    return f"{count} B"


def _rows(anatomy: Anatomy, depth: int | None) -> list[tuple[str, list[Layer]]]:
    """Layers that follow one another and share the first `depth` parts of their names."""
    rows: list[tuple[str, list[Layer]]] = []
    for layer in anatomy.layers:
        parts = layer.name.split(".")
        name = layer.name if depth is None else ".".join(parts[:depth])
        if depth is not None and rows and rows[-1][0] == name:
            rows[-1][1].append(layer)
        else:
            rows.append((name, [layer]))
    return rows


def _fitted(text: str, wide: int) -> str:
    """The end of a dotted name tells more than its beginning."""
    return text if len(text) <= wide else "…" + text[-(wide - 1) :]


def _most(anatomy: Anatomy, what: str, counts: Sequence[int]) -> str | None:
    total = sum(counts)
    if not total or len(counts) < 2:
        return None
    order = sorted(range(len(counts)), key=lambda number: -counts[number])[:2]
    shares = [f"{anatomy.layers[number].name} {100 * counts[number] / total:.1f} %" for number in order]
    return f"most {what:<11}{', '.join(shares)}"


def _not_counted(anatomy: Anatomy) -> list[str]:
    """The operations of which only the output's size is known, and how much of the network they are."""
    missing = uncounted(anatomy)
    return [] if missing is None else [f"not counted     {missing};", f"                {SO_AT_LEAST}"]


def _misfits(anatomy: Anatomy) -> list[str]:
    """The layers whose windows leave pixels unread, the first three of them."""
    names = []
    for layer in anatomy.layers:
        arithmetic = layer.arithmetic
        if arithmetic is None or arithmetic.transposed or not arithmetic.windows:
            continue
        sizes = arithmetic.before[-len(arithmetic.windows) :]
        after = arithmetic.after[-len(arithmetic.windows) :]
        triples = list(zip(sizes, arithmetic.windows, after, strict=True))
        if any(_leaves_pixels(*one) for one in triples):
            names.append(layer.name)
    if not names:
        return []
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return [
        f"does not fit    {', '.join(names[:3])}{more}",
        f"                rows and columns at the end are not read; --explain {names[0]} says what would fit",
    ]


def _leaves_pixels(size: int, window: Window, cells: int) -> bool:
    """Whether a window meant to read everything (it is no smaller than its stride) misses the end."""
    found = fit(size, window)
    return window.reach >= window.stride and not found.reads_all and found.cells == cells
