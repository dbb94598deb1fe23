"""Headers of WFDB records that do not hold together: refused before anything believes them."""

import time
import tracemalloc
import zipfile

import numpy as np
import pytest

from features import SignalError
from serving.formats.wfdb_record import wfdb  # noqa: F401  (imported there without its warning)
from serving.recordings import SignalMapping, read_recording

MOTION = SignalMapping(modality="accelerometer")

STORED = np.round(100 * np.sin(np.arange(500) / 4)).astype("<i2")


def record(folder, *lines, **segments):
    """Write a record of 500 samples with a header of these lines, and those of its segments."""
    STORED.tofile(folder / "r.dat")
    (folder / "r.hea").write_text("\n".join(lines) + "\n")
    for name, header in segments.items():
        (folder / f"{name}.hea").write_text(header)
    return folder / "r.hea"


@pytest.mark.parametrize(
    ("lines", "segments", "sentence"),
    [
        (
            ["r 299999999 50 500", "r.dat 16 100/g 16 0 0 0 0 x"],
            {},
            r"r\.hea is damaged: it announces 299999999 signals, and lists 1",
        ),
        (
            ["r 1 50 250", *["r.dat 16 100/g 16 0 0 0 0 x"] * 2],
            {},
            r"r\.hea is damaged: it announces 1 signals, and lists 2",
        ),
        (
            ["r/299999999 1 50 500", "a 500"],
            {"a": "a 1 50 500\nr.dat 16 100/g 16 0 0 0 0 x\n"},
            r"r\.hea is damaged: it announces 299999999 segments, and lists 1",
        ),
        (
            ["r/1 1 50 500", "a 500"],
            {"a": "a 299999999 50 500\nr.dat 16 100/g 16 0 0 0 0 x\n"},
            r"a\.hea is damaged: it announces 299999999 signals, and lists 1",
        ),
        (
            ["r 1 50 500", "r.dat 16:999999999 100/g 16 0 0 0 0 x"],
            {},
            "it states a signal as '16:999999999', a skew of over a million samples",
        ),
        (["r/1 1 50 500", "r 500"], {}, "its segment r has segments itself"),
        (["r/1 1 50 500", "a 500"], {"a": "a/1 1 50 500\nr 500\n"}, "segment a has segments"),
        (["a" * 200_000], {}, r"r\.hea has a line of over 1000 characters, as no header of WFDB"),
        (["# remark"], {}, r"its header r\.hea is empty"),
    ],
)
def test_a_header_that_announces_what_it_does_not_hold_is_refused(
    tmp_path, lines, segments, sentence
):
    """At once and without room for it: a few bytes must not take minutes or gigabytes."""
    path = record(tmp_path, *lines, **segments)
    tracemalloc.start()
    began = time.monotonic()

    with pytest.raises(SignalError, match=sentence):
        read_recording(path, MOTION)

    assert time.monotonic() - began < 5
    assert tracemalloc.get_traced_memory()[1] < 50e6
    tracemalloc.stop()


def test_a_record_that_is_its_own_segment_is_refused_in_a_zip(tmp_path):
    """As it is uploaded."""
    path = record(tmp_path, "r/1 1 50 500", "r 500")
    with zipfile.ZipFile(tmp_path / "r.zip", "w") as archive:
        archive.write(path, "r.hea")
        archive.write(tmp_path / "r.dat", "r.dat")

    with pytest.raises(SignalError, match="its segment r has segments itself"):
        read_recording(tmp_path / "r.zip", MOTION)
