"""Ratio of two sampling rates: by which whole numbers one becomes the other."""

from fractions import Fraction
from functools import lru_cache


@lru_cache(maxsize=256)
def whole_ratio(rate_out_hz: float, rate_in_hz: float, most: int) -> tuple[int, int]:
    """Return whole numbers, the smaller one at most ``most``, whose ratio is about that of rates.

    The filter between two rates is as long as these are large. Only the smaller is limited, so that
    it is never rounded to nothing. The ratio is wrong by a half of one in ``most`` at the worst.
    """
    ratio = Fraction(rate_out_hz) / Fraction(rate_in_hz)
    if ratio < 1:
        down, up = (1 / ratio).limit_denominator(most).as_integer_ratio()
    else:
        up, down = ratio.limit_denominator(most).as_integer_ratio()
    return up, down
