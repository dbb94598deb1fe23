"""Zip archives: one recording in them is read, and nothing in them is believed."""

import io
import stat
import struct
import tempfile
import zipfile
import zlib

import numpy as np
import pytest

from features import SignalError
from serving.recordings import Annotation, SignalMapping, read_annotations, read_recording
from serving.sources import Limits, open_source

EMG = SignalMapping(modality="emg", unit="uV", sampling_rate_hz=1000.0)
TABLE = b"x\n1\n2\n3\n"
HEADER = b"walk 1 1000 4\nwalk.dat 16 1/uV 16 0 0 0 0 EMG\n"
SIGNALS = struct.pack("<4h", 1, 2, 3, 4)
ANNOTATIONS = b"\x02\x04\x00\x00"  # N after two samples


@pytest.fixture(autouse=True)
def temporary(tmp_path, monkeypatch):
    """Give each test a folder of temporary files, which must be empty in the end."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield
    assert list(folder.iterdir()) == []


def zipped(path, *entries):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return path


@pytest.mark.parametrize("folder", ["", "visit 1/", "a/b/"])
def test_a_wfdb_record_is_read_with_its_files(tmp_path, folder):
    """Header, signals and annotations are found in a folder or without, among other files."""
    path = zipped(
        tmp_path / "a.zip",
        ("README.txt", b"about"),
        (f"{folder}walk.hea", HEADER),
        (f"{folder}walk.dat", SIGNALS),
        (f"{folder}walk.atr", ANNOTATIONS),
        ("__MACOSX/._walk.hea", b"\0"),
        (".hidden/b.csv", TABLE),
    )

    back = read_recording(path, SignalMapping(modality="emg"))

    np.testing.assert_array_equal(back.samples, [[1.0, 2.0, 3.0, 4.0]])
    assert read_annotations(path) == (Annotation(0.002, 0.0, "N"),)


@pytest.mark.parametrize("name", ["a.csv", "x/Übung 1.CSV", "a.txt"])
def test_a_single_file_of_any_format_is_read(tmp_path, name):
    """One table in an archive is that table, whatever it is called."""
    path = zipped(tmp_path / "a.zip", (name, TABLE), ("notes.pdf", b"%PDF"))

    back = read_recording(path, EMG)

    np.testing.assert_array_equal(back.samples, [[1.0, 2.0, 3.0]])
    assert read_annotations(path) == ()


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("visit 1/Anna links.csv", "Anna links.csv"),
        ("a\nb.csv", "recording.csv"),
        (f"{'x' * 300}.csv", "recording.csv"),
    ],
)
def test_what_is_wrong_with_a_file_is_told_of_its_own_name(tmp_path, name, told):
    """Who zipped it knows no recording.csv; a name that would spoil the sentence is left out."""
    path = zipped(tmp_path / "a.zip", (name, b"x\n1\nmuch\n"))
    with pytest.raises(SignalError, match=rf"^a\.zip: {told}: column 'x' holds 'much'"):
        read_recording(path, EMG)


def link(name):
    entry = zipfile.ZipInfo(name)
    entry.create_system = 3
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    return entry


@pytest.mark.parametrize(
    ("entries", "sentence"),
    [
        ((), r"it holds 0 recordings; zip one: a single file, or a WFDB header \(\.hea\) with its"),
        ((("a.pdf", b"%PDF"),), r"it holds 0 recordings \(a\.pdf\); zip one"),
        ((("walk.dat", SIGNALS),), r"it holds 0 recordings \(walk\.dat\); zip one"),
        (
            (("a.csv", TABLE), ("b/c.edf", b"")),
            r"it holds 2 recordings \(a\.csv, c\.edf\); zip one",
        ),
        ((("walk.hea", HEADER),), r"walk\.hea: its signal file walk\.dat is missing; .*in a zip"),
        ((("walk.hea", HEADER), ("x/walk.dat", SIGNALS)), "its signal file walk.dat is missing"),
        (
            (("walk.hea", HEADER.replace(b"walk.dat", b"../a.zip")),),
            "it is no readable WFDB record: invalid syntax in signal line",
        ),
        ((("a.csv", b"%PDF"),), r"a\.csv: it is not a text file, but a PDF"),
        ((("a.csv", b"PK\3\4"),), r"a\.csv: it is not a text file, but a zip archive"),
        ((("../a.csv", TABLE),), r"it holds '\.\./a\.csv', a name that leads outside"),
        ((("x/../../a.csv", TABLE),), "a name that leads outside; zip the recording alone"),
        ((("a.csv", TABLE), ("/etc/passwd", b"")), "it holds '/etc/passwd', a name that leads out"),
        ((("a.csv", TABLE), ("..\\b", b"")), "a name that leads outside"),
        ((("a.csv", TABLE), ("C:b", b"")), "it holds 'C:b', a name that leads outside"),
        (((link("a.csv"), b"/etc/passwd"),), r"it holds 'a\.csv', which is a link or no file"),
        ((("a.csv", TABLE), (link("b"), b"a.csv")), "it holds 'b', which is a link or no file"),
        ((("a.csv", TABLE), ("b.zip", b"")), r"it holds 'b\.zip', an archive in itself"),
    ],
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_archives_of_anything_else_are_refused(tmp_path, entries, sentence):
    """None, several and foreign files, and names and links that lead outside, are refused."""
    path = zipped(tmp_path / "a.zip", *entries)

    with pytest.raises(SignalError, match=rf"^a\.zip: .*{sentence}"):
        read_recording(path, EMG)


def test_encrypted_archives_are_refused(tmp_path):
    """An archive with a password is refused with what to do instead."""
    path = zipped(tmp_path / "a.zip", ("a.csv", TABLE))
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\1\2") + 8] |= 1
    path.write_bytes(content)

    with pytest.raises(SignalError, match="it is encrypted; zip the recording without a password"):
        read_recording(path, EMG)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_rare_compressions_are_refused(tmp_path, method):
    """What could unpack to gigabytes in a single step is not tried."""
    with zipfile.ZipFile(tmp_path / "a.zip", "w", method) as archive:
        archive.writestr("a.csv", TABLE)

    with pytest.raises(SignalError, match=r"'a\.csv' is compressed in a rare way; zip it as usual"):
        read_recording(tmp_path / "a.zip", EMG)


def bomb(path, stated_bytes):
    """Write 10 GB of zeros, compressed to 10 MB, that are stated to be of some size."""
    piece = zlib.compressobj(wbits=-15)
    packed = piece.compress(bytes(10**7)) + piece.flush(zlib.Z_FULL_FLUSH)
    end = zlib.compressobj(wbits=-15).flush()
    content = packed * 1000 + end
    sizes = struct.pack("<LLL", 0, len(content), stated_bytes)
    fields = struct.pack("<HHHHH", 20, 0, zipfile.ZIP_DEFLATED, 0, 0) + sizes
    local = b"PK\3\4" + fields + struct.pack("<HH", 5, 0) + b"a.csv"
    entry = b"PK\1\2" + struct.pack("<H", 20) + fields + struct.pack("<5H2L", 5, 0, 0, 0, 0, 0, 0)
    end = struct.pack("<4H2LH", 0, 0, 1, 1, len(entry) + 5, len(local) + len(content), 0)
    path.write_bytes(local + content + entry + b"a.csv" + b"PK\5\6" + end)
    return path


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path):
    """Ten gigabytes that say what they are are not unpacked at all."""
    path = bomb(tmp_path / "a.zip", stated_bytes=4 * 10**9)

    with (
        pytest.raises(SignalError, match=r"it unpacks to over 2147483648 bytes, the most that is"),
        open_source(path, EMG),
    ):
        pass


def test_a_bomb_that_lies_is_refused_while_it_is_unpacked(tmp_path):
    """Of ten gigabytes that are stated to be small no more is unpacked than was stated."""
    path = bomb(tmp_path / "a.zip", stated_bytes=1000)

    with pytest.raises(SignalError, match="it is no readable zip archive: Bad CRC-32"):
        read_recording(path, EMG)


def test_what_is_unpacked_is_counted(tmp_path, monkeypatch):
    """The limit holds for what comes out, even if that were more than was stated."""
    path = zipped(tmp_path / "a.zip", ("a.csv", TABLE))
    monkeypatch.setattr(zipfile.ZipFile, "open", lambda *_: io.BytesIO(bytes(2000)))

    with (
        pytest.raises(SignalError, match="it unpacks to over 1000 bytes"),
        open_source(path, EMG, limits=Limits(unpacked_bytes=1000)),
    ):
        pass


def test_the_number_of_files_is_limited(tmp_path):
    """A directory of thousands of entries is not read."""
    path = zipped(tmp_path / "a.zip", *((f"{n}.pdf", b"") for n in range(1001)))

    with (
        pytest.raises(SignalError, match="it holds 1001 files; up to 1000 are read"),
        open_source(path, EMG),
    ):
        pass


def test_damaged_archives_are_refused(tmp_path, rng):
    """Bytes changed at random, or cut off, give a recording or a SignalError, nothing else."""
    whole = zipped(
        tmp_path / "a.zip", ("walk.hea", HEADER), ("walk.dat", SIGNALS * 50)
    ).read_bytes()
    path = tmp_path / "b.zip"
    refused = 0
    for n in range(300):
        damaged = bytearray(whole[: len(whole) - n % 3 * 7])
        for place in rng.integers(0, len(damaged), 3):
            damaged[place] = rng.integers(0, 256)
        path.write_bytes(damaged)
        try:
            read_recording(path, SignalMapping(modality="emg"))
        except SignalError:
            refused += 1

    assert refused > 100


@pytest.mark.parametrize("name", ["\0.csv", "\0"])
def test_a_file_without_a_name_is_refused(tmp_path, name):
    """A name ends where it has a zero byte, even at its beginning."""
    path = zipped(tmp_path / "a.zip", ("b" * len(name) + ".x", TABLE), ("b.csv", TABLE))
    plain = ("b" * len(name) + ".x").encode()
    path.write_bytes(path.read_bytes().replace(plain, name.encode().ljust(len(plain), b"\0")))

    with pytest.raises(SignalError, match="it holds a file without a name; zip the recording"):
        read_recording(path, EMG)
