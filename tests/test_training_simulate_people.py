"""People and populations: who is in a set, and that a recording depends on nothing but itself."""

import numpy as np
import pytest
from simulated import faultless, person, physiology, simulation

from features import ConfigError
from training.datasets.labelled import CLASSES
from training.simulate.config import Population
from training.simulate.lookalikes import LOOKALIKES, LOOKALIKES_IN_EMG, LOOKALIKES_IN_MOTION
from training.simulate.movements import MOVEMENTS
from training.simulate.people import SOURCE_NAME
from training.simulate.population import people, recording_kinds

MODALITY_NAMES = ("emg", "accelerometer", "gyroscope")
EVERY_LOOKALIKE = LOOKALIKES | LOOKALIKES_IN_EMG | LOOKALIKES_IN_MOTION
KINDS = ("rest", "fasciculation", "tremor", "clonus_unsustained", "voluntary")
SMALL = simulation().model_copy(
    update={
        "duration_s": 8.0,
        "populations": {
            "small": Population(
                seed=5, sites=2, people_per_site=2, recordings={"rest": 1, "tremor": 2}
            )
        },
    }
)


def first_people(modality, n=3):
    every = people("train", modality, simulation(), physiology())
    return [someone for someone, _ in zip(every, range(n), strict=False)]


def same(one, other):
    """Return whether two labelled recordings are equal to the last bit."""
    return (
        one.recording.samples.tobytes() == other.recording.samples.tobytes()
        and one.spans == other.spans
        and one.details == other.details
        and (one.id, one.group, one.site) == (other.id, other.group, other.site)
    )


@pytest.mark.parametrize("modality", MODALITY_NAMES)
@pytest.mark.parametrize("kind", KINDS)
def test_same_seed_gives_the_same_bytes(modality, kind):
    """Made twice, by people drawn twice, a recording is the same to the last bit."""
    one, other = first_people(modality, 1)[0], first_people(modality, 1)[0]

    assert same(one.recording(kind, 1), other.recording(kind, 1))


@pytest.mark.parametrize("modality", MODALITY_NAMES)
def test_other_people_and_numbers_give_other_recordings(modality):
    """Another person, number or kind gives another recording."""
    one, other, _ = first_people(modality)
    recordings = [
        one.recording("rest", 0),
        one.recording("rest", 1),
        other.recording("rest", 0),
        one.recording("tremor", 0),
    ]

    assert len({recording.recording.samples.tobytes() for recording in recordings}) == 4
    assert len({recording.id for recording in recordings}) == 4


@pytest.mark.parametrize("modality", MODALITY_NAMES)
def test_recording_does_not_depend_on_those_before_it(modality):
    """Made alone it is what it is in a row with others."""
    in_a_row = list(first_people(modality, 1)[0].recordings({"rest": 2, "clonus_sustained": 2}))
    alone = first_people(modality, 1)[0].recording("clonus_sustained", 1)

    assert same(alone, in_a_row[-1])


@pytest.mark.parametrize("kind", [*KINDS, *LOOKALIKES])
def test_truth_is_the_same_for_every_sensor(kind):
    """What happens does not depend on what it is recorded with, nor at which rate."""
    sites = [faultless("emg", 1000.0), faultless("accelerometer"), faultless("gyroscope", 50.0)]
    truths = [person(site, seed=3).recording(kind, 2).details for site in sites]

    assert truths[0] == truths[1] == truths[2]
    assert truths[0]["scene"]


def test_same_people_wear_every_sensor():
    """Over the three modalities, a set's people have the same bodies."""
    seeds = [[someone.seed for someone in first_people(modality, 9)] for modality in MODALITY_NAMES]

    assert seeds[0] == seeds[1] == seeds[2]
    assert len(set(seeds[0])) == 9


def test_muscle_is_the_person_s_own():
    """A person has one muscle in all recordings, and another person another."""
    one, other, _ = first_people("emg")

    assert one.muscle is one.muscle
    assert np.array_equal(one.muscle.templates, first_people("emg")[0].muscle.templates)
    assert not np.array_equal(one.muscle.templates, other.muscle.templates)


@pytest.mark.parametrize("modality", MODALITY_NAMES)
def test_training_and_test_share_nobody(modality):
    """No person, no body, no site and no device is in both sets."""
    sets = {
        name: list(people(name, modality, simulation(), physiology())) for name in ("train", "test")
    }
    for trait in (
        lambda someone: someone.name,
        lambda someone: someone.seed,
        lambda someone: someone.site.name,
        lambda someone: (someone.site.noise_rms, someone.site.step, *someone.site.gains),
    ):
        train, test = ({trait(someone) for someone in sets[name]} for name in ("train", "test"))

        assert set() == train & test


def test_look_alikes_are_not_trained_on():
    """The training set holds none of the look-alikes, the test set all of them."""
    train, test = (set(simulation().populations[name].recordings) for name in ("train", "test"))

    assert set() == train & set(EVERY_LOOKALIKE)
    assert set(EVERY_LOOKALIKE) <= test


@pytest.mark.parametrize("modality", MODALITY_NAMES)
def test_look_alikes_are_never_labelled_a_class_but_rest_and_movement(modality):
    """Where a look-alike shows it goes by its own name."""
    someone = first_people(modality, 1)[0]
    other = LOOKALIKES_IN_MOTION if modality == "emg" else LOOKALIKES_IN_EMG
    for kind in set(EVERY_LOOKALIKE) - set(other):
        labels = {span.label for span in someone.recording(kind, 0).spans}

        assert labels & set(CLASSES) <= {"rest", "voluntary"}


@pytest.mark.parametrize("modality", MODALITY_NAMES)
def test_kinds_are_those_that_the_sensor_can_see(modality):
    """Electrodes are spared the ride, and motion sensors what only electrodes see."""
    kinds = recording_kinds(simulation().populations["test"], modality)
    unseen = LOOKALIKES_IN_MOTION if modality == "emg" else (*LOOKALIKES_IN_EMG, "contraction")

    assert set(kinds) == set(simulation().populations["test"].recordings) - set(unseen)


def test_unknown_kind_is_refused():
    """A kind that does not exist is named, with those that do."""
    someone = first_people("accelerometer", 1)[0]

    with pytest.raises(ConfigError, match=r"no kind of recording 'sneezing'; there are voluntary"):
        someone.recording("sneezing", 0)


@pytest.mark.parametrize("modality", MODALITY_NAMES)
def test_population_has_its_sites_people_and_recordings(modality):
    """Every person of every site gives every recording that was asked, once."""
    kinds = recording_kinds(SMALL.populations["small"], modality)
    everybody = people("small", modality, SMALL, physiology())
    recordings = [each for someone in everybody for each in someone.recordings(kinds)]

    assert len(recordings) == 2 * 2 * 3
    assert len({recording.id for recording in recordings}) == 12
    assert len({recording.group for recording in recordings}) == 4
    assert len({recording.site for recording in recordings}) == 2
    assert {recording.source for recording in recordings} == {SOURCE_NAME}


@pytest.mark.parametrize("modality", MODALITY_NAMES)
def test_recordings_are_what_the_site_writes(modality):
    """Modality, rate, unit, axes and length are the site's and the configuration's."""
    for someone in first_people(modality, 6):
        recording = someone.recording("rest", 0).recording

        assert (recording.modality, recording.unit) == (modality, someone.site.unit)
        assert recording.sampling_rate_hz == someone.site.sampling_rate_hz
        assert recording.n_channels == (1 if modality == "emg" else 3)
        assert recording.duration_s == pytest.approx(simulation().duration_s, abs=0.06)


def test_voluntary_recordings_go_through_all_movements_in_turn():
    """Each person gives every kind of movement before one comes again; people begin elsewhere."""
    firsts = set()
    for seed in (1, 2, 3):
        someone = person(faultless("gyroscope"), seed=seed)
        n = len(MOVEMENTS) + 1
        scenes = [someone.recording("voluntary", k).details["scene"] for k in range(n)]

        assert set(scenes) == {f"voluntary/{name}" for name in MOVEMENTS}
        assert scenes[0] == scenes[-1]
        firsts.add(scenes[0])

    assert len(firsts) == 3
