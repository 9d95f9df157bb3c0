"""A convolution in which every map reads only the maps that a table names (LeNet's C3).

Source: LeCun et al., "Gradient-Based Learning Applied to Document Recognition", Proc. IEEE 1998, table I
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from striate.errors import StriateError

# Columns of table I: which of the six maps of S2 each of the sixteen maps of C3 reads; 60 connections.
C3_TABLE = (
    (0, 1, 2), (1, 2, 3), (2, 3, 4), (3, 4, 5), (0, 4, 5), (0, 1, 5),
    (0, 1, 2, 3), (1, 2, 3, 4), (2, 3, 4, 5), (0, 3, 4, 5), (0, 1, 4, 5), (0, 1, 2, 5),
    (0, 1, 3, 4), (1, 2, 4, 5), (0, 2, 3, 5),
    (0, 1, 2, 3, 4, 5),
)  # fmt: skip


class TableConnected2d(nn.Module):
    """One kernel a connection and one bias a map; maps that read equally many are computed together.

    Rows of equal length must follow each other, the shortest first, as they do in table I.
    """

    def __init__(self, table: Sequence[Sequence[int]], in_channels: int, kernel_size: int) -> None:
        super().__init__()
        require_table(table, in_channels)
        self.kernel_size = kernel_size
        self.lengths = [len(row) for row in table]
        self.register_buffer("read", torch.tensor([m for row in table for m in row]), persistent=False)
        self.read: Tensor
        self.weight = nn.Parameter(torch.empty(len(self.read), kernel_size, kernel_size))
        self.bias = nn.Parameter(torch.zeros(len(table)))
        bounds = 1 / self.fan_in().sqrt()
        with torch.no_grad():
            self.weight.uniform_(-1, 1).mul_(bounds.to(self.weight.device))

    def fan_in(self) -> Float[Tensor, "connections 1 1"]:
        """How many values the map that each kernel feeds reads."""
        maps_read = torch.tensor([length for length in self.lengths for _ in range(length)], device="cpu")
        return (maps_read * self.kernel_size**2).float().view(-1, 1, 1)

    def forward(self, maps: Float[Tensor, "B C H W"]) -> Float[Tensor, "B K h w"]:
        found, first = [], 0
        for length in sorted(set(self.lengths)):
            rows = self.lengths.count(length)
            last = first + rows * length
            kernels = self.weight[first:last].view(rows, length, self.kernel_size, self.kernel_size)
            found.append(F.conv2d(maps[:, self.read[first:last]], kernels, groups=rows))
            first = last
        return torch.cat(found, dim=1) + self.bias.view(1, -1, 1, 1)

    def extra_repr(self) -> str:
        """What `print(network)` shows."""
        return f"{len(self.lengths)} maps, {len(self.read)} connections, kernel_size={self.kernel_size}"


def require_table(table: Sequence[Sequence[int]], in_channels: int) -> None:
    """Refuse a table that no such layer can have.

    Raises:
        StriateError: a row is empty, repeats a map or names one that does not exist; two rows are equal; an
            input map is read by fewer maps than another (in table I each is read ten times); or rows are not
            sorted by length.
    """
    rows = [tuple(row) for row in table]
    for number, row in enumerate(rows):
        if not row or len(set(row)) != len(row) or not set(row) <= set(range(in_channels)):
            raise StriateError(
                f"map {number} of the connection table reads {list(row)}; it must name some of the maps 0 to "
                f"{in_channels - 1}, each once."
            )
        if row in rows[:number]:
            raise StriateError(
                f"maps {rows.index(row)} and {number} of the connection table both read {list(row)}; maps "
                "that read the same learn the same."
            )
    counts = [sum(source in row for row in rows) for source in range(in_channels)]
    if len(set(counts)) > 1:
        raise StriateError(
            f"the connection table uses the input maps {counts} times; each must be used equally often, as "
            "in table I of the paper (10 times, 60 connections)."
        )
    if [len(row) for row in rows] != sorted(len(row) for row in rows):
        raise StriateError("the rows of the connection table must be sorted by length, the shortest first.")
