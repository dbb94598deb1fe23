"""Store and stage: sets on disk are whole or absent, and say what was put into them."""

import json
import sys
from functools import cache

import numpy as np
import pytest
import yaml
from simulated import ROOT, physiology, simulation

from features import ConfigError
from training.layout import Layout
from training.simulate import store
from training.simulate.config import Population
from training.simulate.population import people
from training.simulation_stage import SHARDS, running, simulate_sets, simulate_shard

SMALL = simulation().model_copy(
    update={
        "duration_s": 6.0,
        "populations": {
            "small": Population(
                seed=7, sites=2, people_per_site=3, recordings={"rest": 1, "fasciculation": 2}
            )
        },
    }
)


@cache
def recordings(modality):
    kinds = SMALL.populations["small"].recordings
    everybody = people("small", modality, SMALL, physiology())
    return tuple(each for someone in everybody for each in someone.recordings(kinds))


@pytest.fixture
def layout(tmp_path):
    """A project with a small set to simulate."""
    configs = tmp_path / "configs"
    configs.mkdir()
    shipped = (ROOT / "configs" / "physiology.yaml").read_text(encoding="utf-8")
    (configs / "physiology.yaml").write_text(shipped, encoding="utf-8")
    content = json.loads(SMALL.model_dump_json())
    (configs / "simulate.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    return Layout(tmp_path)


@pytest.mark.parametrize("modality", ["emg", "accelerometer", "gyroscope"])
def test_what_is_read_is_what_was_written(tmp_path, modality):
    """Samples, spans, truth and names survive the file, in order."""
    path = tmp_path / "set.parquet"
    count = store.write(recordings(modality), path)
    back = list(store.read(path))

    assert count == len(back) == 18
    for one, other in zip(recordings(modality), back, strict=True):
        assert one.recording.samples.tobytes() == other.recording.samples.tobytes()
        assert one.recording.sampling_rate_hz == other.recording.sampling_rate_hz
        assert (one.recording.modality, one.recording.unit) == (
            other.recording.modality,
            other.recording.unit,
        )
        assert (one.id, one.group, one.site, one.source) == (
            other.id,
            other.group,
            other.site,
            other.source,
        )
        assert one.spans == other.spans
        assert one.details == other.details


def test_missing_samples_survive(tmp_path):
    """A gap is still a gap after it was written and read."""
    labelled = recordings("accelerometer")[0]
    samples = np.array(labelled.recording.samples)
    samples[:, 10:20] = np.nan
    recording = type(labelled.recording)(
        samples,
        sampling_rate_hz=labelled.recording.sampling_rate_hz,
        modality="accelerometer",
        unit=labelled.recording.unit,
    )
    gappy = type(labelled)(**(vars(labelled) | {"recording": recording}))
    store.write([gappy], tmp_path / "set.parquet")
    (back,) = store.read(tmp_path / "set.parquet")

    assert gappy.recording.gaps == back.recording.gaps


def test_same_recordings_give_the_same_file(tmp_path):
    """Written twice, a set is the same to the last byte."""
    for name in ("one", "other"):
        store.write(recordings("gyroscope"), tmp_path / f"{name}.parquet")

    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "other.parquet").read_bytes()


def failing():
    yield from recordings("accelerometer")[:17]
    raise RuntimeError("the muscle is torn")


def test_nothing_is_left_of_a_set_that_fails_midway(tmp_path):
    """When the recordings cannot be made to the last, no file and no part of one stays."""
    with pytest.raises(RuntimeError, match="torn"):
        store.write(failing(), tmp_path / "sets" / "set.parquet")

    assert list((tmp_path / "sets").iterdir()) == []


def test_file_of_before_survives_a_failure(tmp_path):
    """A set that fails midway does not take the place of the one that is there."""
    path = tmp_path / "set.parquet"
    store.write(recordings("accelerometer")[:2], path)
    before = path.read_bytes()

    with pytest.raises(RuntimeError, match="torn"):
        store.write(failing(), path)

    assert before == path.read_bytes()
    assert [path] == list(tmp_path.iterdir())


def test_set_without_recordings_is_empty(tmp_path):
    """Nothing is written as nothing, and read as such."""
    assert store.write([], tmp_path / "set.parquet") == 0
    assert list(store.read(tmp_path / "set.parquet")) == []


def test_shards_hold_everybody_once(layout, capsys):
    """The shards of a set together are the set, and each names the people it has made."""
    for shard in range(SHARDS):
        simulate_shard("accelerometer", ("small",), shard, layout)
    folder = layout.simulated("accelerometer") / "small"
    ids = [labelled.id for part in sorted(folder.iterdir()) for labelled in store.read(part)]
    names = [p.name for p in people("small", "accelerometer", SMALL, physiology())]

    assert len(list(folder.iterdir())) == SHARDS
    assert sorted(ids) == sorted(labelled.id for labelled in recordings("accelerometer"))
    assert sorted(names) == sorted(capsys.readouterr().out.split())


def test_each_line_of_a_process_is_told():
    """What other processes say is heard to the last line before the stage is done."""
    told = []
    with running([[sys.executable, "-c", "print(1); print(2)"]], told.append):
        pass

    assert ["1\n", "2\n"] == told


def test_a_stage_of_which_a_part_failed_has_failed():
    """When another process ends with a status of its own, so does the stage."""
    with (
        pytest.raises(RuntimeError, match="made a part of the recordings failed"),
        running([[sys.executable, "-c", "raise SystemExit(2)"]], print),
    ):
        pass


def test_unknown_set_is_refused(layout):
    """A set that the configuration does not have is named, with those it has."""
    with pytest.raises(ConfigError, match=r"no set 'large' in simulate.yaml; there are small"):
        simulate_sets("emg", layout, ("large",))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"duration_s": -1}, "duration_s: Input should be greater than 0"),
        ({"between_share": 1.0}, "between_share: Input should be less than 1"),
        ({"durations_s": 4.0}, "durations_s is not a known key"),
        ({"visibility": {"radar": {}}}, "visibility.radar"),
    ],
)
def test_configuration_that_is_not_in_order_is_refused(layout, change, sentence):
    """What is wrong with simulate.yaml is said with its key."""
    path = layout.config("simulate")
    content = yaml.safe_load(path.read_text(encoding="utf-8")) | change
    path.write_text(yaml.safe_dump(content), encoding="utf-8")

    with pytest.raises(ConfigError, match=sentence):
        simulate_shard("emg", ("small",), 0, layout)
