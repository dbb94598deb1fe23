"""The exam: a model that is not what was trained, or code that is not, ends with a sentence."""

import hashlib
import json
import re
import shutil

import numpy as np
import pytest

from features import ContractError, catalogue
from serving.exam import FILES, SUMS, Exam, load, save

MODALITY = "accelerometer"
CHECK = "check-shivering.txt"


@pytest.fixture
def directory(tiny_models, tmp_path):
    """A copy of a tiny model that may be spoiled."""
    return shutil.copytree(tiny_models[MODALITY], tmp_path / "model")


def reseal(directory):
    """Write the checksums anew, as somebody would who knows of them."""
    names = [name for name in (*FILES, CHECK) if (directory / name).is_file()]
    digests = {n: hashlib.sha256((directory / n).read_bytes()).hexdigest() for n in names}
    (directory / SUMS).write_text("".join(f"{d}  {n}\n" for n, d in digests.items()))


def edit_card(directory, edit):
    """Change the card and reseal the model."""
    path = directory / "card.json"
    card = json.loads(path.read_text())
    edit(card)
    path.write_text(json.dumps(card))
    reseal(directory)


def edit_arrays(path, edit):
    """Change arrays of a file and reseal the model."""
    with np.load(path) as arrays:
        kept = dict(arrays)
    edit(kept)
    np.savez_compressed(path, **kept)
    reseal(path.parent)


# Round trip


@pytest.mark.parametrize("modality", ["emg", "accelerometer", "gyroscope"])
def test_a_model_answers_alike_before_and_after_it_is_saved(tiny_of, unseen_of, tmp_path, modality):
    """What is loaded gives the same labels, probabilities and distances to the last bit."""
    tiny = tiny_of(modality)
    windows = unseen_of(modality)[0].windows
    save(tiny, Exam.set([windows[:5]], tiny), tmp_path / "model")

    again = load(tmp_path / "model")

    expected, found = tiny.predict(windows), again.predict(windows)
    assert again.card == tiny.card
    assert again.fingerprint == tiny.fingerprint
    assert expected.labels.tolist() == found.labels.tolist()
    assert expected.reasons == found.reasons
    assert np.array_equal(expected.probabilities, found.probabilities, equal_nan=True)
    assert np.array_equal(expected.distances, found.distances, equal_nan=True)
    values = expected.features.values
    assert np.array_equal(tiny.oddness(values), again.oddness(values))
    assert tiny.check_scores(values).shape == (len(values), 1)
    assert np.array_equal(tiny.check_scores(values), again.check_scores(values))


def test_a_model_is_a_directory_without_a_pickle(directory):
    """The files are those that are named, and arrays hold no objects."""
    assert sorted(path.name for path in directory.iterdir()) == sorted((*FILES, CHECK, SUMS))
    for name in ("exam.npz", "novelty.npz"):
        with np.load(directory / name, allow_pickle=False) as arrays:
            assert all(array.dtype.kind in "fU" for array in arrays.values())


def test_loading_leaves_nothing_behind(directory):
    """A directory is the same after it was opened, also one that failed its exam."""
    before = {path.name: path.read_bytes() for path in directory.iterdir()}

    load(directory)

    assert before == {path.name: path.read_bytes() for path in directory.iterdir()}


def test_a_model_is_not_written_over_another(tiny_of, directory):
    """Saving into a directory that exists is refused, and it stays as it is."""
    tiny = tiny_of(MODALITY)
    exam = Exam.load(directory / "exam.npz", tiny.card)

    with pytest.raises(FileExistsError):
        save(tiny, exam, directory)

    load(directory)


# Files


@pytest.mark.parametrize("name", FILES)
def test_one_byte_changed_is_refused(directory, name):
    """A file that differs by one byte is named."""
    content = bytearray((directory / name).read_bytes())
    content[len(content) // 2] ^= 1
    (directory / name).write_bytes(content)

    with pytest.raises(ContractError, match=f": {re.escape(name)} has not the checksum"):
        load(directory)


@pytest.mark.parametrize("place", [0, 70, -1])
def test_one_byte_changed_in_the_checksums_is_refused(directory, place):
    """A digit, a name or a line end: the file of checksums is named in any case."""
    content = bytearray((directory / SUMS).read_bytes())
    content[place] ^= 1
    (directory / SUMS).write_bytes(content)

    with pytest.raises(ContractError, match="SHA256SUMS states; one of them was altered"):
        load(directory)


@pytest.mark.parametrize("name", [*FILES, SUMS])
def test_a_missing_file_is_named(directory, name):
    """A directory without one of its files is no classifier."""
    (directory / name).unlink()

    with pytest.raises(ContractError, match=f"is no classifier: {re.escape(name)} is missing"):
        load(directory)


def test_a_card_of_another_shape_is_refused(directory):
    """A card with a field that this code does not know is refused by name."""
    edit_card(directory, lambda card: card.update(mood="good"))

    with pytest.raises(ContractError, match=r"card\.json: mood: Extra inputs"):
        load(directory)


# What checksums cannot tell


def test_a_band_edge_that_moved_is_refused(directory):
    """Features of another spec are not those that the model was trained with."""
    edit_card(directory, lambda card: card["spec"]["bands_hz"].update(beat=[3.5, 7.6]))

    with pytest.raises(ContractError, match="trained with other features than this code has"):
        load(directory)


def test_a_band_edge_that_moved_with_its_fingerprint_fails_the_exam(tiny_of, directory):
    """Who makes the fingerprint fit as well meets the exam, which names the column."""
    spec = tiny_of(MODALITY).card.spec
    bands = {**spec.bands_hz, "beat": (3.5, 7.6)}
    moved = spec.model_copy(update={"bands_hz": bands})

    def edit(card):
        card["spec"]["bands_hz"]["beat"] = [3.5, 7.6]
        card["fingerprint"] = moved.fingerprint

    edit_card(directory, edit)

    with pytest.raises(ContractError, match=r"fails its exam: column '\w+__beat' is .* and was"):
        load(directory)


def test_a_feature_of_another_version_is_refused(directory, monkeypatch):
    """Raising the version of one feature parts this code from models trained before."""
    monkeypatch.setitem(vars(catalogue(MODALITY)[3]), "version", 99)

    with pytest.raises(ContractError, match="trained with other features than this code has"):
        load(directory)


def test_a_feature_that_computes_otherwise_fails_the_exam(directory, monkeypatch):
    """A change of code under the same version is found, and its column named."""
    entry = catalogue(MODALITY)[3]
    function = entry.function
    monkeypatch.setitem(vars(entry), "function", lambda *needs: function(*needs) * 1.001)

    with pytest.raises(ContractError, match=f"fails its exam: column '{entry.name}"):
        load(directory)


def test_a_feature_that_is_undefined_where_it_was_not_fails_the_exam(directory, monkeypatch):
    """A value that has become NaN is a difference."""
    entry = catalogue(MODALITY)[3]
    function = entry.function
    monkeypatch.setitem(vars(entry), "function", lambda *needs: function(*needs) * np.nan)

    with pytest.raises(ContractError, match=f"column '{entry.name}.* is nan now and was"):
        load(directory)


@pytest.mark.parametrize(
    "names",
    [
        ["fasciculation", "clonus", "tremor", "voluntary", "quiet"],
        ["fasciculation", "tremor", "clonus", "voluntary", "rest"],
    ],
)
def test_a_class_of_another_name_is_refused(directory, names):
    """A renamed class, or two that have changed places, are found."""
    edit_card(directory, lambda card: card.update(classes=names))

    with pytest.raises(ContractError, match=f"names the classes {', '.join(names)} where"):
        load(directory)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("booster.txt", "the trees give other scores than in training"),
        ("detector.txt", "the detector finds windows odder than it did"),
        (CHECK, "the check for shivering gives other scores than in training"),
    ],
)
def test_a_tree_that_was_altered_is_refused(directory, name, sentence):
    """One digit in each leaf of one tree gives other scores, another oddness, another check."""
    path = directory / name
    before, leaves, after = re.split(r"(?<=leaf_value=)(.*)", path.read_text(), maxsplit=1)
    altered = re.sub(r"(?<!\S)(\S*?)([1-8])", lambda m: m[1] + str(int(m[2]) + 1), leaves)
    path.write_text(before + altered + after)
    reseal(directory)

    with pytest.raises(ContractError, match=sentence):
        load(directory)


def test_a_check_without_its_trees_is_refused(directory):
    """A check that the card names must be there, whatever the checksums say."""
    (directory / CHECK).unlink()
    reseal(directory)

    with pytest.raises(ContractError, match=r"check-shivering\.txt is missing"):
        load(directory)


def test_a_model_that_was_saved_before_there_were_checks_has_none(directory, unseen_of):
    """Without checks in card, exam and folder a model is read, and answers but for them."""
    checked = load(directory)
    (directory / CHECK).unlink()
    edit_arrays(directory / "exam.npz", lambda arrays: arrays.pop("checks"))
    edit_card(directory, lambda card: card.pop("checks"))
    windows = unseen_of(MODALITY)[0].windows

    found, expected = load(directory).predict(windows), checked.predict(windows)

    assert "look_alike" not in found.reasons
    assert np.array_equal(found.probabilities, expected.probabilities, equal_nan=True)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("leaf_value=", "leaf_value=1"),
        ("tree_sizes=", "tree_sizes=1"),
        ("Tree=1\n", "Tree=7\n"),
        ("end of trees\n", ""),
    ],
)
def test_trees_that_lie_elsewhere_than_stated_are_refused(directory, old, new):
    """LightGBM, given such a text, would end the process without a word."""
    path = directory / "booster.txt"
    path.write_text(path.read_text().replace(old, new, 1))
    reseal(directory)

    with pytest.raises(ContractError, match=r"booster\.txt is damaged: its trees are not where"):
        load(directory)


def test_trees_of_other_columns_are_refused(directory):
    """Card and trees must name the same columns."""
    path = directory / "booster.txt"
    path.write_text(path.read_text().replace("feature_names=", "feature_names=un", 1))
    reseal(directory)

    with pytest.raises(ContractError, match=r"card\.json and booster\.txt name different columns"):
        load(directory)


def test_an_altered_calibration_is_refused(directory):
    """Probabilities are part of the exam."""
    edit_card(directory, lambda card: card["calibration"].update(temperature=9.0))

    with pytest.raises(ContractError, match="probabilities are others than in training"):
        load(directory)


def test_altered_prototypes_are_refused(directory):
    """Distances from training are part of the exam."""
    edit_arrays(directory / "novelty.npz", lambda arrays: arrays["scale"].__imul__(1.01))

    with pytest.raises(ContractError, match="distances from training are others than they were"):
        load(directory)
