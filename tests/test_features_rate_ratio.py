"""Resampling: small whole numbers, whose ratio is that of the rates."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.rate_ratio import whole_ratio

RATES_HZ = st.floats(20.0, 20_000.0)


@given(RATES_HZ, RATES_HZ, st.sampled_from([200, 500, 1000]))
def test_the_smaller_number_is_limited_and_the_ratio_a_little_wrong(out_hz, in_hz, most):
    """No odd rate makes the filter between two of them long."""
    up, down = whole_ratio(out_hz, in_hz, most)

    assert 1 <= min(up, down) <= most
    assert up / down == pytest.approx(out_hz / in_hz, rel=0.5 / most)


@pytest.mark.parametrize(
    ("out_hz", "in_hz", "expected"),
    [(100.0, 1000.0, (1, 10)), (100.0, 34000 / 27, (27, 340)), (1000.0, 31.25, (32, 1))],
)
def test_rates_that_are_a_simple_ratio_are_converted_exactly(out_hz, in_hz, expected):
    """A thousand hertz, the 1259.259 of a common sensor, and a slow one."""
    assert whole_ratio(out_hz, in_hz, 500) == expected
