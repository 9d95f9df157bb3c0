"""How each operation changes what its values read of the picture; an operation without a rule is unknown."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from torch import Tensor

from striate.anatomy import geometry
from striate.anatomy.calls import Call
from striate.anatomy.geometry import Geometry, Unknown, Window

Rule = Callable[[Call], Geometry]


def field_after(call: Call) -> Geometry:
    """What the values of `call.output` read.

    Raises:
        Unknown: no rule, or none that holds here.
    """
    if not call.data:
        return ()
    rule = RULES.get(call.name)
    if rule is not None:
        return rule(call)
    if call.pointwise:
        return _pointwise(call)
    raise Unknown


def windows_of(call: Call) -> dict[int, Window]:
    """The sliding windows of a convolution or a pool, by dimension of its input."""
    name, source = call.name, call.source()
    if name == "convolution":
        count = call.given["weight"].dim() - 2
        if call.given["transposed"]:
            raise Unknown
        kernels = list(call.given["weight"].shape[2:])
    elif name.startswith(("_adaptive", "adaptive")):
        return _adaptive(call)
    elif name == "unfold":
        dim = call.given["dimension"] % source.dim()
        return {dim: Window(call.given["size"], call.given["step"])}
    else:
        count = 2 if name == "im2col" else int(next(one for one in name if one in "123"))
        kernels = call.numbers("kernel_size", count)
    strides = call.numbers("stride", count) if call.given.get("stride") else kernels
    paddings = call.numbers("padding", count)
    dilations = call.numbers("dilation", count) if "dilation" in call.given else [1] * count
    first = source.dim() - count
    return {
        first + number: Window(*values)
        for number, values in enumerate(zip(kernels, strides, paddings, dilations, strict=True))
    }


def _adaptive(call: Call) -> dict[int, Window]:
    source, output = call.source(), call.output
    count = int(next(one for one in call.name if one in "123"))
    windows = {}
    for dim in range(source.dim() - count, source.dim()):
        size, cells = source.shape[dim], output.shape[dim]
        if size % cells:
            raise Unknown  # windows of different sizes
        windows[dim] = Window(size // cells, size // cells)
    return windows


def _window(call: Call) -> Geometry:
    source, windows = call.source(), windows_of(call)
    axes = geometry.slide(call.reads(source), windows, call.output.shape, source.shape)
    full = [dim for dim, window in windows.items() if window.kernel == source.shape[dim] > 1]
    one_cell = [dim for dim in full if call.output.shape[dim] == 1]
    if "adaptive" in call.name:  # to one cell: a mean of everything
        axes = geometry.collapse(axes, one_cell, keep=True)
    return axes


def _im2col(call: Call) -> Geometry:
    source, windows = call.source(), windows_of(call)
    grid = list(source.shape)
    for dim, window in windows.items():
        grid[dim] = (source.shape[dim] + 2 * window.padding - window.reach) // window.stride + 1
    axes = geometry.slide(call.reads(source), windows, grid, source.shape)
    return tuple(axis if axis.dim is None else replace(axis, dim=2) for axis in axes)


def _pointwise(call: Call) -> Geometry:
    shape = call.output.shape
    return geometry.union([geometry.broadcast(call.reads(one), one.shape, shape) for one in call.data])


def _dims(call: Call, rank: int) -> list[int]:
    value = call.given.get("dim")
    if value is None or value == []:
        return list(range(rank))
    return [one % rank for one in (value if isinstance(value, (list, tuple)) else [value])]


def _reduction(call: Call) -> Geometry:
    source = call.source()
    keep = bool(call.given.get("keepdim", False))
    return geometry.collapse(call.reads(source), _dims(call, source.dim()), keep=keep)


def _blend(call: Call) -> Geometry:
    source = call.source()
    dims = _dims(call, source.dim())
    return _mix(call.reads(source), dims)


def _mix(axes: Geometry, dims: Sequence[int]) -> Geometry:
    return tuple(axis.blend() if axis.dim in dims else axis for axis in axes)


def _batch_norm(call: Call) -> Geometry:
    axes = call.reads(call.source())
    batch_statistics = "training" in call.given and call.given["training"]
    if "legit" in call.name and "no_training" not in call.name:
        batch_statistics = call.given.get("training", True)
    return _mix(axes, range(call.source().dim())) if batch_statistics else axes


def _layer_norm(call: Call) -> Geometry:
    rank = call.source().dim()
    return _mix(call.reads(call.source()), range(rank - len(call.given["normalized_shape"]), rank))


def _group_norm(call: Call) -> Geometry:
    return _mix(call.reads(call.source()), range(call.source().dim()))


def _same(call: Call) -> Geometry:
    return call.reads(call.source())


def _reshape(call: Call) -> Geometry:
    return geometry.reshape(call.reads(call.source()), call.source().shape, call.output.shape)


def _strided(call: Call) -> Geometry:
    if call.source().shape != call.output.shape or call.given.get("storage_offset"):
        raise Unknown
    return call.reads(call.source())  # another order in memory only


def _expand(call: Call) -> Geometry:
    return geometry.broadcast(call.reads(call.source()), call.source().shape, call.output.shape)


def _permute(call: Call) -> Geometry:
    source = call.source()
    order = [one % source.dim() for one in call.given["dims"]]
    return geometry.rename(call.reads(source), {old: new for new, old in enumerate(order)})


def _transpose(call: Call) -> Geometry:
    source = call.source()
    if call.name == "t":
        first, second = 0, source.dim() - 1
    else:
        first, second = (call.given[name] % source.dim() for name in ("dim0", "dim1"))
    places = {dim: dim for dim in range(source.dim())} | {first: second, second: first}
    return geometry.rename(call.reads(source), places)


def _squeeze(call: Call) -> Geometry:
    source = call.source()
    gone = [dim for dim in _dims(call, source.dim()) if source.shape[dim] == 1]
    return geometry.collapse(call.reads(source), gone, keep=False)


def _unsqueeze(call: Call) -> Geometry:
    source = call.source()
    place = call.given["dim"] % (source.dim() + 1)
    return geometry.rename(call.reads(source), {dim: dim + (dim >= place) for dim in range(source.dim())})


def _slice(call: Call) -> Geometry:
    source = call.source()
    dim = call.given["dim"] % source.dim()
    size, start = source.shape[dim], call.given.get("start") or 0
    start = min(max(start + size if start < 0 else start, 0), size)
    return geometry.cut(
        call.reads(source), dim, start, call.given["step"], call.output.shape[dim], source.shape
    )


def _select(call: Call) -> Geometry:
    source = call.source()
    dim = call.given["dim"] % source.dim()
    index = call.given["index"] % source.shape[dim]
    one = geometry.cut(call.reads(source), dim, index, 1, 1, source.shape)
    return geometry.collapse(one, [dim], keep=False)


def _split(call: Call) -> Geometry:
    """Parts along channels read the same; parts of the picture itself would differ from one another."""
    source = call.source()
    dim = call.given["dim"] % source.dim()
    axes = call.reads(source)
    if any(axis.dim == dim for axis in axes):
        raise Unknown
    return geometry.collapse(axes, [dim], keep=False) if call.name == "unbind" else axes


def _cat(call: Call) -> Geometry:
    parts, rank = call.tensors, call.output.dim()
    dim = call.given["dim"] % rank
    if call.name == "stack":
        moved = {old: old + (old >= dim) for old in range(rank - 1)}
        return geometry.union([geometry.rename(call.reads(part), moved) for part in parts])
    known = [call.reads(part) for part in parts]
    if any(axis.dim == dim for axes in known for axis in axes) and len(parts) > 1:
        raise Unknown
    return geometry.union(known)


def _pad(call: Call) -> Geometry:
    source, amounts = call.source(), call.given["pad" if "pad" in call.given else "padding"]
    axes = []
    for axis in call.reads(source):
        behind = None if axis.dim is None else 2 * (source.dim() - 1 - axis.dim)
        if axis.dim is None or behind is None or behind >= len(amounts):
            axes.append(axis)
        else:
            axes.append(axis.shift(int(amounts[behind]), call.output.shape[axis.dim]))
    return tuple(axes)


def _matmul(call: Call) -> Geometry:
    """Rows of the first matrix and columns of the second stay; what is summed over collapses."""
    first, second = matrices(call)
    parts = []
    for matrix, summed, kept in ((first, -1, -2), (second, -2, -1)):
        axes = geometry.collapse(call.reads(matrix), [matrix.dim() + summed], keep=True)
        moved = {dim: dim for dim in range(matrix.dim())}
        moved[matrix.dim() + kept] = call.output.dim() + kept
        parts.append(geometry.rename(axes, moved))
    return geometry.union(parts)


def matrices(call: Call) -> tuple[Tensor, Tensor]:
    """The two factors of a matrix product, without the matrix that is added."""
    first, second = call.tensors[-2:] if call.name in {"addmm", "baddbmm"} else call.tensors[:2]
    return first, second


def _attention(call: Call) -> Geometry:
    query, key, value = (call.given[name] for name in ("query", "key", "value"))
    return geometry.union([_mix(call.reads(one), range(query.dim())) for one in (query, key, value)])


RULES: dict[str, Rule] = {
    **dict.fromkeys(
        (
            *("convolution", "max_pool1d", "max_pool2d_with_indices", "max_pool3d_with_indices", "unfold"),
            *("avg_pool1d", "avg_pool2d", "avg_pool3d", "_adaptive_avg_pool2d", "_adaptive_avg_pool3d"),
            *("adaptive_max_pool2d", "adaptive_max_pool3d"),
        ),
        _window,
    ),
    "im2col": _im2col,
    **dict.fromkeys(
        (
            *("mean", "sum", "amax", "amin", "max", "min", "argmax", "argmin", "logsumexp", "prod", "any"),
            *("var", "std", "var_mean", "linalg_vector_norm", "norm", "all"),
        ),
        _reduction,
    ),
    **dict.fromkeys(("_softmax", "_log_softmax", "cumsum"), _blend),
    **dict.fromkeys(
        ("native_batch_norm", "_native_batch_norm_legit", "_native_batch_norm_legit_no_training"), _batch_norm
    ),
    "native_layer_norm": _layer_norm,
    "native_group_norm": _group_norm,
    **dict.fromkeys(("clone", "detach", "alias", "_to_copy", "contiguous", "lift_fresh"), _same),
    **dict.fromkeys(("view", "_unsafe_view", "reshape", "_reshape_alias"), _reshape),
    "as_strided": _strided,
    "expand": _expand,
    "permute": _permute,
    **dict.fromkeys(("transpose", "t"), _transpose),
    "squeeze": _squeeze,
    "unsqueeze": _unsqueeze,
    "slice": _slice,
    "select": _select,
    **dict.fromkeys(("split", "split_with_sizes", "chunk", "unbind"), _split),
    **dict.fromkeys(("cat", "stack"), _cat),
    **dict.fromkeys(
        (
            "constant_pad_nd",
            *(f"{kind}_pad{rank}d" for kind in ("reflection", "replication") for rank in (1, 2, 3)),
        ),
        _pad,
    ),
    **dict.fromkeys(("mm", "addmm", "bmm", "baddbmm"), _matmul),
    **dict.fromkeys(("_scaled_dot_product_flash_attention_for_cpu",), _attention),
}
