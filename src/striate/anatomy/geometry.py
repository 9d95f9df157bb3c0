"""What one value of a tensor can see of the picture, as intervals of pixels that move with its index.

A rule that does not hold raises `Unknown`: a field is exact or is not given.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace


class Unknown(Exception):
    """What these values read cannot be said with one interval that moves by a constant step."""


@dataclass(frozen=True, slots=True)
class Window:
    """How a kernel slides along one axis: its cells, cells from one place to the next, padding in front."""

    kernel: int
    stride: int = 1
    padding: int = 0
    dilation: int = 1

    @property
    def reach(self) -> int:
        """Cells from the first to the last that the kernel reads: d(k-1) + 1."""
        return self.dilation * (self.kernel - 1) + 1


@dataclass(frozen=True, slots=True)
class Axis:
    """What a tensor reads along one axis of the picture.

    The value at index i of dimension `dim` reads the pixels from low + i * stride to high + i * stride.
    Pixels
    below 0 or from `pixels` on are padding. `fixed` is read besides, whatever the index (a gate, a mean). A
    tensor without positions along this axis has `dim` None and only `fixed`.
    """

    pixels: int
    dim: int | None
    cells: int = 1
    low: int = 0
    high: int = 0
    stride: int = 1
    fixed: tuple[int, int] | None = None

    def slide(self, window: Window, cells: int) -> "Axis":
        """After a convolution or a pool with `cells` outputs."""
        low = self.low - window.padding * self.stride
        high = self.high + (window.reach - 1 - window.padding) * self.stride
        return replace(self, low=low, high=high, stride=self.stride * window.stride, cells=cells)

    def shift(self, cells: int, new_cells: int) -> "Axis":
        """After `cells` cells were put in front (negative: cut off)."""
        moved = cells * self.stride
        return replace(self, low=self.low - moved, high=self.high - moved, cells=new_cells)

    def hull(self) -> tuple[int, int] | None:
        """Pixels of the picture that any of its cells reads."""
        if self.dim is None:
            return self.fixed
        last = self.high + (self.cells - 1) * self.stride
        own = (max(self.low, 0), min(last, self.pixels - 1))
        return _both(own, self.fixed)

    def collapse(self) -> "Axis":
        """After a sum over all its cells."""
        return Axis(self.pixels, None, fixed=self.hull())

    def blend(self) -> "Axis":
        """Every cell now also depends on all others, as after a softmax over positions."""
        return replace(self, fixed=self.hull())

    @property
    def whole(self) -> bool:
        """Whether every value reads the whole picture along this axis."""
        return self.fixed == (0, self.pixels - 1)

    @property
    def field(self) -> int:
        """Pixels read by one value: in theory for maps, of the picture where there are no positions."""
        own = self.high - self.low + 1
        if self.fixed is None:
            return own
        if self.dim is None:
            return self.fixed[1] - self.fixed[0] + 1
        middle = (self.cells // 2) * self.stride
        low, high = min(self.low + middle, self.fixed[0]), max(self.high + middle, self.fixed[1])
        return min(high, self.pixels - 1) - max(low, 0) + 1

    @property
    def step(self) -> int:
        """Pixels from one cell to the next; the whole picture where there is one value for all of it."""
        return self.pixels if self.dim is None else self.stride

    @property
    def centre(self) -> float:
        """Pixel in the middle of what the first cell reads."""
        low, high = (self.low, self.high) if self.dim is not None else self.fixed or (0, self.pixels - 1)
        return (low + high) / 2


Geometry = tuple[Axis, ...]  # one an axis of the picture; empty: a constant, which reads nothing


def of_picture(shape: Sequence[int]) -> Geometry:
    """The picture itself: shape (B, C, ...), every pixel reads itself."""
    return tuple(Axis(size, 2 + number, size) for number, size in enumerate(shape[2:]))


def union(parts: Sequence[Geometry]) -> Geometry:
    """A sum, product or concatenation of tensors whose positions correspond."""
    known = [part for part in parts if part]
    if not known:
        return ()
    return tuple(_join(axes) for axes in zip(*known, strict=True))


def slide(
    axes: Geometry, windows: Mapping[int, Window], shape: Sequence[int], before: Sequence[int]
) -> Geometry:
    """Windows over dimensions of a tensor of shape `before`; `shape` is what comes out."""
    moved = []
    for axis in axes:
        if axis.dim is None or axis.dim not in windows:
            moved.append(axis)
        else:
            _alone(axis, axes, before)
            moved.append(axis.slide(windows[axis.dim], shape[axis.dim]))
    return tuple(moved)


def collapse(axes: Geometry, dims: Collection[int], *, keep: bool) -> Geometry:
    """A sum over dimensions, which stay with one cell (`keep`) or go away."""
    left = []
    for axis in axes:
        if axis.dim is None:
            left.append(axis)
        elif axis.dim in dims:
            left.append(axis.collapse())
        else:
            gone = 0 if keep else sum(1 for dim in dims if dim < axis.dim)
            left.append(replace(axis, dim=axis.dim - gone))
    return tuple(left)


def rename(axes: Geometry, places: Mapping[int, int]) -> Geometry:
    """Dimensions have moved: `places` maps old to new."""
    return tuple(axis if axis.dim is None else replace(axis, dim=places[axis.dim]) for axis in axes)


def broadcast(axes: Geometry, before: Sequence[int], after: Sequence[int]) -> Geometry:
    """A tensor of shape `before` taken for all positions of `after`, aligned at the end."""
    extra = len(after) - len(before)
    spread = []
    for axis in axes:
        if axis.dim is None:
            spread.append(axis)
        elif before[axis.dim] == 1 and after[axis.dim + extra] != 1:
            spread.append(axis.collapse())
        else:
            spread.append(replace(axis, dim=axis.dim + extra))
    return tuple(spread)


def cut(axes: Geometry, dim: int, start: int, step: int, cells: int, before: Sequence[int]) -> Geometry:
    """Every `step`-th cell of dimension `dim` from `start` on, `cells` of them."""
    left = []
    for axis in axes:
        if axis.dim != dim or (start, step, cells) == (0, 1, before[dim]):
            left.append(axis)
        else:
            _alone(axis, axes, before)
            moved = axis.shift(-start, cells)
            left.append(replace(moved, stride=axis.stride * step))
    return tuple(left)


def reshape(axes: Geometry, before: Sequence[int], after: Sequence[int]) -> Geometry:
    """The same values in another shape. Merged dimensions are remembered and can be split again."""
    groups = _groups(before, after)
    found = []
    for axis in axes:
        if axis.dim is None:
            found.append(axis)
        elif before[axis.dim] == 1:
            found.append(axis.collapse())
        else:
            inside, outside = next(group for group in groups if axis.dim in group[0])
            found.append(replace(axis, dim=_place(axis, axes, inside, outside, after)))
    return tuple(found)


def _place(axis: Axis, axes: Geometry, inside: list[int], outside: list[int], after: Sequence[int]) -> int:
    if len(outside) == 1:
        return outside[0]
    if len(inside) > 1:
        raise Unknown
    merged = [other for other in axes if other.dim == axis.dim]
    ends = outside[-len(merged) :]
    if [after[dim] for dim in ends] != [other.cells for other in merged]:
        raise Unknown
    return ends[next(n for n, other in enumerate(merged) if other is axis)]


def _groups(before: Sequence[int], after: Sequence[int]) -> list[tuple[list[int], list[int]]]:
    """Dimensions of both shapes, without those of one cell, in the smallest runs of equal product."""
    first = [dim for dim, size in enumerate(before) if size != 1]
    second = [dim for dim, size in enumerate(after) if size != 1]
    groups: list[tuple[list[int], list[int]]] = []
    while first or second:
        if not (first and second):
            raise Unknown
        inside, outside = [first.pop(0)], [second.pop(0)]
        left, right = before[inside[0]], after[outside[0]]
        while left != right:
            if left < right and first:
                inside.append(first.pop(0))
                left *= before[inside[-1]]
            elif left > right and second:
                outside.append(second.pop(0))
                right *= after[outside[-1]]
            else:
                raise Unknown
        groups.append((inside, outside))
    return groups


def _alone(axis: Axis, axes: Geometry, shape: Sequence[int]) -> None:
    """A dimension that holds only this axis; in a merged one neighbours are no neighbours in the picture."""
    if axis.dim is None or shape[axis.dim] != axis.cells or sum(other.dim == axis.dim for other in axes) > 1:
        raise Unknown


def _join(axes: Sequence[Axis]) -> Axis:
    moving = [axis for axis in axes if axis.dim is not None]
    fixed: tuple[int, int] | None = None
    for axis in axes:
        fixed = _both(fixed, axis.fixed)
    if not moving:
        return replace(axes[0], fixed=fixed)
    if len({(axis.dim, axis.stride) for axis in moving}) > 1:
        raise Unknown
    low, high = min(axis.low for axis in moving), max(axis.high for axis in moving)
    return replace(moving[0], low=low, high=high, fixed=fixed)


def _both(one: tuple[int, int] | None, other: tuple[int, int] | None) -> tuple[int, int] | None:
    if one is None or other is None:
        return one or other
    return min(one[0], other[0]), max(one[1], other[1])
