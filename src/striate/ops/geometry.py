"""Sizes of what a window leaves when it slides over an axis: formulas F1 to F10 of the course."""

from fractions import Fraction

from striate.errors import StriateError


def effective_kernel(kernel: int, dilation: int = 1) -> int:
    """Pixels from the first to the last that a dilated kernel reads: 3 with dilation 2 spans 5."""
    return dilation * (kernel - 1) + 1


def exact_output_size(
    size: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1
) -> Fraction:
    """(n + 2p - f) / s + 1 before rounding: 7 wide, kernel 3, stride 3 is 7/3, so the stride does not fit.

    Args:
        size: pixels along one axis.
        kernel: cells of the kernel along it.
        stride: pixels from one window to the next.
        padding: pixels added at either end.
        dilation: pixels from one cell of the kernel to the next.

    Raises:
        StriateError: the kernel is larger than the padded input, or a number is out of range.
    """
    if min(size, kernel, stride, dilation) < 1 or padding < 0:
        raise StriateError(
            f"a window of {kernel}, stride {stride}, padding {padding}, dilation {dilation} over {size} "
            "pixels is not possible; padding is 0 or more, everything else 1 or more."
        )
    span, padded = effective_kernel(kernel, dilation), size + 2 * padding
    if span > padded:
        raise StriateError(
            f"a window that spans {span} pixels does not fit into {padded} ({size} and padding {padding}); "
            f"the largest kernel here is {(padded - 1) // dilation + 1}, or pad by {-(-(span - size) // 2)}."
        )
    return Fraction(padded - span, stride) + 1


def output_size(
    size: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1, *, ceil: bool = False
) -> int:
    """How many windows there are along one axis, as torch counts them: rounded down.

    Args:
        ceil: rounded up, as pools with `ceil_mode` do; a window that starts in the far padding is left out.
    """
    exact = exact_output_size(size, kernel, stride, padding, dilation)
    if not ceil:
        return exact.numerator // exact.denominator
    count = -(-exact.numerator // exact.denominator)
    return count - 1 if (count - 1) * stride >= size + padding else count


def left_over(size: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> int:
    """Pixels of the padded axis after the last window: 0 exactly where the stride fits."""
    windows = output_size(size, kernel, stride, padding, dilation)
    return size + 2 * padding - effective_kernel(kernel, dilation) - (windows - 1) * stride


def same_output_size(size: int, stride: int = 1) -> int:
    """ceil(n / s), what padding 'same' leaves in Keras and TensorFlow."""
    return -(-size // stride)


def full_output_size(size: int, kernel: int) -> int:
    """n + f - 1: all places where kernel and input overlap by at least one pixel (the wide form)."""
    return size + kernel - 1
