"""How a table of text is written: found out from its first lines, or asked about."""

import numpy as np
import pytest

from serving.recordings import SignalMapping, read_recording

MOTION = SignalMapping(modality="accelerometer", unit="g", sampling_rate_hz=50.0)

AXES = np.round(0.5 * np.sin(np.arange(3 * 60).reshape(3, 60)), 3)


def table(separator: str, decimal: str, names: str = "", axes: np.ndarray = AXES) -> str:
    """Write axes as a table of text, below a first line of names if there are any."""
    rows = [separator.join(f"{sample:.3f}" for sample in row) for row in axes.T]
    return names + "".join(f"{row}\n" for row in rows).replace(".", decimal)


@pytest.mark.parametrize("odd", ["\x0b", "\x0c", "\x1c", "\x85", "\u2028"])
@pytest.mark.parametrize("above", ["# remark{}\nx,y,z\n", "# one{}# two\nx,y,z\n", "x{},y,z\n"])
def test_only_ends_of_lines_end_a_line(tmp_path, odd, above):
    """A form feed in a remark or a name, or its like, costs no row of data."""
    path = tmp_path / "a.csv"
    path.write_text(table(",", ".", above.format(odd)), encoding="utf-8")

    back = read_recording(path, MOTION)

    np.testing.assert_array_equal(back.samples, AXES)
