"""Sets: what a data set is called, and what counts as one set."""

import pytest
from feature_tables import small_config
from made_sets import MODALITY, labelled, own

from features import ConfigError, SignalError
from training.commands.datasets import list_named
from training.features_stage import features_stage, labelled_windows, opened_sources
from training.layout import Layout
from training.simulate import store


@pytest.fixture
def layout(tmp_path):
    """A project with two simulated sets, of two people and of one."""
    layout = Layout(tmp_path)
    people = {"small": ("ada", "bo"), "extra": ("cy",)}
    for name, groups in people.items():
        recordings = [labelled(f"{g}-rest", g, seed=i) for i, g in enumerate(groups, len(name))]
        store.write(recordings, layout.simulated(MODALITY) / name / "part-0.parquet")
    return layout


def people_of(batches):
    """Return whose windows there are, by the name of their set."""
    found = {}
    for batch in batches:
        for name, group in zip(batch.sources.tolist(), batch.groups.tolist(), strict=True):
            found.setdefault(name, set()).add(group)
    return found


def test_windows_of_two_simulated_sets_are_called_by_their_own(layout):
    opened = opened_sources(("simulated/small", "simulated/extra"), MODALITY, layout)
    windows = labelled_windows(opened, small_config(MODALITY), "features")
    assert people_of(windows) == {"simulated/small": {"ada", "bo"}, "simulated/extra": {"cy"}}


def test_folders_of_one_name_are_one_set(layout, tmp_path):
    """Each is read once, however often it is named, and people of one name are one person."""
    first = own(tmp_path / "a", "queue", [labelled("v1", "ada", seed=1)])
    second = own(
        tmp_path / "b", "queue", [labelled("v2", "ada", seed=2), labelled("v3", "bo", seed=3)]
    )
    sets = opened_sources((first, "simulated/small", second, f"{first}/"), MODALITY, layout)

    assert [one.name for one in sets] == ["queue", "simulated/small"]
    assert [path.name for path in sets[0].folders] == ["a", "b"]
    assert sets[0].licence == "l of a; l of b"
    read = [(each.id, each.group) for each in sets[0].recordings(MODALITY)]
    assert read == [("v1", "queue/ada"), ("v2", "queue/ada"), ("v3", "queue/bo")]


def test_a_recording_that_a_set_has_twice_is_refused(layout, tmp_path):
    """Its windows could not be told from one another by their names."""
    names = [
        own(tmp_path / k, "queue", [labelled("v1", "ada", seed=i)]) for i, k in enumerate("ab")
    ]
    (one,) = opened_sources(tuple(names), MODALITY, layout)
    with pytest.raises(SignalError, match=r"'v1' occurs twice in the set queue, in .*a and in .*b"):
        list(one.recordings(MODALITY))


def configured(layout, *train):
    """Write the configuration of a training on sets."""
    config = small_config(MODALITY)
    data = config.data.model_copy(update={"train": train})
    outliers = config.outliers.model_copy(update={"sets": (), "foreign_each": 2})
    config = config.model_copy(update={"data": data, "outliers": outliers})
    path = layout.config(MODALITY)
    path.parent.mkdir(exist_ok=True)
    path.write_text(config.model_dump_json(), encoding="utf-8")


def test_a_simulated_set_is_listed_for_the_sensors_that_it_was_made_for(layout):
    """EMG need not be among them."""
    configured(layout, "simulated/small")
    (told,) = list_named(["simulated/small"], layout)
    assert "simulated/small (simulated; accelerometer)" in told
    assert "2 people, 2 recordings" in told


def test_a_set_of_another_modality_is_not_trained_on(layout, tmp_path):
    """It would be passed over in silence."""
    configured(layout, own(tmp_path / "mine", "mine", [labelled("v1", "ada")], "gyroscope"))
    with pytest.raises(ConfigError, match=r"mine under data\.train, which is a set of gyroscope"):
        features_stage(MODALITY, layout)


def test_sets_without_a_labelled_window_are_refused(layout, tmp_path):
    """Of recordings that are shorter than a window there is nothing to learn."""
    configured(layout, own(tmp_path / "mine", "mine", [labelled("v1", "ada", seconds=3.0)]))
    with pytest.raises(SignalError, match=r"data\.train hold no labelled window; they are .*mine"):
        features_stage(MODALITY, layout)


def test_one_signal_under_two_people_of_two_sets_is_not_trained_on(layout, tmp_path):
    """The same person in two sets under two names would be held out and trained on."""
    sets = [own(tmp_path / k, k, [labelled("v1", "ada", seed=1)]) for k in ("one", "two")]
    configured(layout, *sets)
    with pytest.raises(SignalError, match="'v1' of two/ada holds the same samples as 'v1' of one/"):
        features_stage(MODALITY, layout)


def test_a_folder_that_there_is_not_is_said_to_be_missing(layout, tmp_path):
    """Who misspells a folder reads that there is none, not only which sets have names."""
    with pytest.raises(ConfigError, match=r"there is no folder and no data set '.*/myrecordings'"):
        list(list_named([str(tmp_path / "myrecordings")], layout))


@pytest.mark.parametrize("name", ["semireal-mine", "tremordb"])
def test_a_name_of_another_kind_is_refused(layout, tmp_path, name):
    """Real people and semi-real ones must not meet in one number, nor pass for one another."""
    folder = own(tmp_path / "arm", name, [labelled("v", "ada")])
    with pytest.raises(ConfigError, match=f"is a real set named {name}, as a semi-real one is"):
        opened_sources((folder,), MODALITY, layout)
