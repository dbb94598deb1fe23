"""A full disk of the service: nobody is told that a recording was at fault."""

import logging
from pathlib import Path

import pytest
from sent_recordings import file_of, refused, upload, wrist, zipped

from serving.formats import archive, spool

FULL = Path("/dev/full")
"""A file that has no room for anything."""

pytestmark = pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")

TABLE = {"modality": "accelerometer", "unit": "g", "columns": "channel_0,channel_1"}


@pytest.fixture
def full(monkeypatch):
    """Let there be no room for what is unpacked, and for samples that are read."""

    class Folder:
        def __init__(self, **_):
            pass

        def __enter__(self):
            return FULL.parent

        def __exit__(self, *_):
            pass

    monkeypatch.setattr(spool, "TemporaryFile", lambda **_: FULL.open("w+b", buffering=0))
    monkeypatch.setattr(archive, "TemporaryDirectory", Folder)
    monkeypatch.setattr(archive, "_wanted", lambda _, entries: {FULL.name: entries[0]})


def sent(suffix):
    """Return a recording as a file of a format, or as an archive of one."""
    content = file_of(wrist(), ".csv" if suffix == ".zip" else suffix)
    return zipped(**{"a.csv": content}) if suffix == ".zip" else content


@pytest.mark.usefixtures("full")
@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".zip"])
def test_without_room_for_what_is_read_the_service_is_at_fault(client, caplog, monkeypatch, suffix):
    """The answer is 507, not that a good file cannot be read, and the log says why."""
    monkeypatch.setattr(logging.getLogger("bentoml"), "propagate", True)
    rate = {} if suffix == ".parquet" else {"sampling_rate_hz": "100"}

    told = refused(upload(client, f"a{suffix}", sent(suffix), **TABLE, **rate), 507)

    assert told == "there is no room for the recording on the disk of this service"
    assert "No space left on device" in caplog.text
    assert "Traceback" not in caplog.text


def test_without_room_for_an_upload_the_service_is_at_fault(client, monkeypatch):
    """The same while it comes in."""
    monkeypatch.setattr("serving.analysis_upload.stored_name", lambda _: FULL)

    told = refused(upload(client, "a.csv", sent(".csv"), **TABLE), 507)

    assert told == "there is no room for the recording on the disk of this service"
