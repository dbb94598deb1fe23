"""Readers of public sets, on tiny downloads in the layout that their authors publish."""

import numpy as np
import pytest

from features import SignalError
from training.datasets.public import PUBLIC, hmp, lower_limb, tremordb


@pytest.fixture
def tremor_folder(tmp_path):
    """Write one person of high and one of low amplitude, in metres and in millimetres."""
    velocity = 0.2 * np.sin(2 * np.pi * 5 * np.arange(6000) / 100)
    files = {
        "rofh/g1rof.let": velocity,
        "refh/g1ref.let": velocity / 10,
        "r15ofh/g1r15of.let": velocity / 2,
        "rofl/s14rof.rit": velocity * 1000 / 50,
    }
    for name, values in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        np.savetxt(tmp_path / name, values, "%.6f")
        header = f"{name.split('/')[0]} 1 100\n"
        (tmp_path / name).with_name(f"{name.split('/')[0]}.hea").write_text(header)
    (tmp_path / "file_description.txt").write_text(
        "Subject  File  Range  Units  Laser  Rate  Samples\n"
        "g1   g1rof.let    1  m/s   A  100 Hz  6000\n"
        "g1   g1ref.let    1  m/s   A  100 Hz  6000\n"
        "g1   g1r15of.rit  1  m/s   A  100 Hz  6000\n"
        "s14  s14rof.rit   2  mm/s  B  100 Hz  6000\n"
    )
    return tmp_path


def test_tremordb_is_differentiated(tremor_folder):
    """A velocity of 0.2 m/s at 5 Hz is an acceleration of 0.2 times the angular frequency."""
    recordings = {each.id: each for each in tremordb.read(tremor_folder)}

    acceleration = recordings["rofh/g1rof.let"].recording
    # A central difference weakens 5 Hz at 100 Hz by sin(x) / x with x = 2 pi 5 / 100.
    expected = 0.2 * np.sin(2 * np.pi * 5 / 100) * 100
    assert np.max(acceleration.samples[0, 1:-1]) == pytest.approx(expected, rel=1e-3)
    assert (acceleration.unit, acceleration.sampling_rate_hz) == ("m/s^2", 100.0)
    ratio = np.ptp(recordings["rofl/s14rof.rit"].recording.samples) / np.ptp(acceleration.samples)
    assert ratio == pytest.approx(1 / 50, rel=1e-3)


def test_tremordb_calls_tremor_only_what_its_authors_do(tremor_folder):
    """Untreated people of high amplitude have tremor; all others were at rest, examined for it."""
    labels = {each.id: {s.label for s in each.spans} for each in tremordb.read(tremor_folder)}

    assert labels == {
        "r15ofh/g1r15of.let": {"rest_tremor_task"},
        "refh/g1ref.let": {"rest_tremor_task"},
        "rofh/g1rof.let": {"tremor"},
        "rofl/s14rof.rit": {"rest_tremor_task"},
    }


def test_tremordb_needs_the_units(tremor_folder):
    """A file whose unit is not stated is refused, and so is a folder without any."""
    path = tremor_folder / "file_description.txt"
    path.write_text(path.read_text().replace("g1ref.let", "g1xxx.let"))
    with pytest.raises(SignalError, match=r"does not give the unit of g1ref\.let"):
        list(tremordb.read(tremor_folder))
    path.unlink()
    with pytest.raises(SignalError, match=r"file_description\.txt is missing"):
        list(tremordb.read(tremor_folder))


def test_tremordb_refuses_an_empty_folder(tmp_path):
    """A folder that is not the set says which files it should hold."""
    (tmp_path / "file_description.txt").write_text("")
    with pytest.raises(SignalError, match=r"holds no rofh/\*\.let or \*\.rit"):
        list(tremordb.read(tmp_path))


def test_hmp_leaves_out_repeated_files(tmp_path, rng):
    """The folders of models repeat others; people keep their groups under the name of the set."""
    for activity in ("brush_teeth", "walk", "walk_MODEL"):
        folder = tmp_path / activity
        folder.mkdir()
        name = f"Accelerometer-2011-04-11-13-28-18-{activity.removesuffix('_MODEL')}-f1.txt"
        np.savetxt(folder / name, rng.integers(0, 64, (400, 3)), "%d")

    recordings = list(hmp.read(tmp_path))

    assert [each.details["activity"] for each in recordings] == ["brush_teeth", "walk"]
    assert {each.group for each in recordings} == {"uci-hmp-wrist-adl/f1"}
    assert {span.label for each in recordings for span in each.spans} == {"voluntary"}
    low, high = np.min(recordings[0].recording.samples), np.max(recordings[0].recording.samples)
    assert (low, high) == (-1.5, 1.5)


HEADER = (
    "File Name: 3Npie.log\n"
    + "".join(
        f"Channel {n}: '{name}', 8000 values, engineering units: mV, no filters.\n"
        for n, name in enumerate(("RF", "BF", "VM", "ST"), start=1)
    )
    + "Channel 5: 'FX', 400 values, engineering units: deg, no filters, extrapolated from 50 to"
    " 1000 samples per second.\n\n"
)


def write_lower_limb(path, rng):
    """Write 8 s in which all muscles contract for 2 s."""
    path.parent.mkdir(parents=True, exist_ok=True)
    muscles = 0.002 * rng.normal(size=(8000, 4))
    muscles[3000:5000] *= 30
    with path.open("w") as file:
        file.write(HEADER)
        np.savetxt(file, np.column_stack([muscles, np.full(8000, 70.1)]), "%.4f", delimiter="\t")
    return muscles


def test_lower_limb_reads_four_muscles(tmp_path, rng):
    """Each muscle is a recording in mV, and its contraction is voluntary."""
    muscles = write_lower_limb(tmp_path / "SEMG_DB1" / "N_TXT" / "3Npie.txt", rng)

    recordings = list(lower_limb.read(tmp_path))

    assert recordings[0].id == "3Npie/rectus_femoris"
    assert [each.details["activity"] for each in recordings] == ["standing"] * 4
    assert {each.group for each in recordings} == {"uci-semg-lower-limb/normal3"}
    np.testing.assert_allclose(recordings[1].recording.samples[0], muscles[:, 1], atol=6e-5)
    (span,) = recordings[3].spans
    assert (span.start_s, span.end_s, span.label) == (
        pytest.approx(3.0, abs=0.1),
        pytest.approx(5.0, abs=0.1),
        "voluntary",
    )


def test_lower_limb_leaves_out_a_copied_file(tmp_path, rng):
    """One recording under two people's names is read once."""
    write_lower_limb(tmp_path / "N_TXT" / "1Nsen.txt", rng)
    copied = (tmp_path / "N_TXT" / "1Nsen.txt").read_text()
    (tmp_path / "N_TXT" / "2Nsen.txt").write_text(copied)
    write_lower_limb(tmp_path / "A_TXT" / "1Asen.txt", rng)

    groups = {each.group for each in lower_limb.read(tmp_path)}

    assert groups == {"uci-semg-lower-limb/normal1", "uci-semg-lower-limb/abnormal1"}


@pytest.mark.parametrize(
    ("name", "change", "sentence"),
    [
        ("3Npie.txt", ("'ST'", "'TA'"), r"states the channels RF, BF, VM, TA, FX in mV"),
        ("3Npie.txt", ("units: mV", "units: uV"), r"in uV; the set has RF, BF, VM, ST, FX"),
        ("3Npie.txt", ("\t70.1000\n", "\n"), r"has 4 columns; it should have 5"),
        ("3Npie.txt", ("\t70.1000\n", "\tknee\n"), r"cannot be read as it is documented"),
        ("notes.txt", ("", ""), r"notes\.txt is not named as the set is"),
    ],
)
def test_lower_limb_refuses_other_files(tmp_path, rng, name, change, sentence):
    """Other channels, units, columns and names than the published ones are refused."""
    path = tmp_path / "N_TXT" / name
    write_lower_limb(path, rng)
    path.write_text(path.read_text().replace(*change))

    with pytest.raises(SignalError, match=sentence):
        list(lower_limb.read(tmp_path))


@pytest.mark.parametrize("source", PUBLIC, ids=lambda source: source.name)
def test_a_folder_that_is_no_download_is_refused(tmp_path, source):
    """A user who points a reader at the wrong folder is told what it should hold."""
    with pytest.raises(SignalError, match=r"holds no|is missing"):
        list(source.read(tmp_path))


@pytest.mark.parametrize("source", PUBLIC, ids=lambda source: source.name)
def test_each_set_says_where_it_is_from(source):
    """Licence, reason and origin of each set are stated; none is used to train what is shipped."""
    assert source.licence
    assert source.reason
    assert source.where
    assert not source.for_training
