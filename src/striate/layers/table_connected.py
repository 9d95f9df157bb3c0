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
    """One kernel a connection and one bias a map.

    It computes one convolution whose kernels are 0 where the table names no connection: that is ten times
    faster than leaving the zeros out, so 240,000 multiplications stand for C3's 150,000.
    """

    def __init__(self, table: Sequence[Sequence[int]], in_channels: int, kernel_size: int) -> None:
        super().__init__()
        require_table(table, in_channels)
        self.in_channels, self.kernel_size = in_channels, kernel_size
        pairs = [(number, source) for number, row in enumerate(table) for source in row]
        self.connected_share = len(pairs) / (len(table) * in_channels)  # kernels that are not zero
        self.register_buffer("feeds", torch.tensor([number for number, _ in pairs]), persistent=False)
        self.register_buffer("reads", torch.tensor([source for _, source in pairs]), persistent=False)
        self.feeds: Tensor
        self.reads: Tensor
        self.weight = nn.Parameter(torch.empty(len(pairs), kernel_size, kernel_size))
        self.bias = nn.Parameter(torch.zeros(len(table)))
        lengths = torch.tensor([len(table[number]) for number, _ in pairs])
        self.fan_in = (lengths * kernel_size**2).float()  # values that the map which a kernel feeds reads
        with torch.no_grad():
            self.weight.uniform_(-1, 1).div_(self.fan_in.sqrt().view(-1, 1, 1))

    def forward(self, maps: Float[Tensor, "B C H W"]) -> Float[Tensor, "B K h w"]:
        shape = (len(self.bias), self.in_channels, self.kernel_size, self.kernel_size)
        kernels = self.weight.new_zeros(shape).index_put((self.feeds, self.reads), self.weight)
        return F.conv2d(maps, kernels, self.bias)

    def extra_repr(self) -> str:
        """What `print(network)` shows."""
        return f"{len(self.bias)} maps, {len(self.feeds)} connections, kernel_size={self.kernel_size}"


def require_table(table: Sequence[Sequence[int]], in_channels: int) -> None:
    """Refuse a table that no such layer can have.

    Raises:
        StriateError: a row is empty, repeats a map or names one that does not exist; two rows are equal; or
            an input map is read by fewer maps than another (in table I each is read ten times).
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
