"""Labels of simulated people: what visibility makes of whole recordings of every kind."""

from itertools import pairwise

import pytest
from simulated import DURATION_S, drawn, faultless, person, physiology, simulation

from training.datasets.labelled import CLASSES, UNCLEAR, check_spans
from training.datasets.labelling import Labelling, label_windows
from training.simulate.activity import Activity, Scene
from training.simulate.lookalikes import LOOKALIKES, LOOKALIKES_IN_EMG, LOOKALIKES_IN_MOTION
from training.simulate.population import people
from training.simulate.resting import resting
from training.simulate.visibility import visible_spans

ROUNDING = 1e-9
MODALITY_NAMES = ("emg", "accelerometer", "gyroscope")


def test_normal_tremor_is_not_tremor():
    """The strongest physiological tremor of a hand held up is never labelled tremor."""
    name = "tremor.physiological.peak_acceleration_at_dominant"
    values = {name: physiology()[name].high}
    for modality in ("accelerometer", "gyroscope"):
        for seed in range(6):
            someone = person(faultless(modality), values, seed=seed)
            draws = drawn(values, seed=seed)
            background = resting(draws, DURATION_S, 0.15, supported=False)
            scene = Scene("rest", "rest", background, Activity.still(DURATION_S))
            spans = visible_spans(
                scene,
                someone.recorded(scene, draws),
                100.0,
                modality,
                simulation().visibility[modality],
            )

            assert {span.label for span in spans} <= {"rest", "voluntary"}


@pytest.mark.parametrize("modality", ["emg", "accelerometer", "gyroscope"])
def test_spans_cover_the_recording_in_order_without_overlap(modality):
    """Whoever is recorded, doing whatever, every moment has one label that belongs to its kind."""
    other = LOOKALIKES_IN_MOTION if modality == "emg" else LOOKALIKES_IN_EMG
    kinds = LOOKALIKES | LOOKALIKES_IN_EMG | LOOKALIKES_IN_MOTION
    kinds = [kind for kind in kinds if kind not in other]
    own = {kind: kind for kind in kinds} | {
        "rest": "rest",
        "fasciculation": "fasciculation",
        "tremor": "tremor",
        "action_tremor": "tremor",
        "clonus_sustained": "clonus",
        "clonus_unsustained": "clonus",
        "voluntary": "voluntary",
    }
    for i, someone in enumerate(people("test", modality, simulation(), physiology())):
        for kind in list(own)[i % 3 :: 3]:
            labelled = someone.recording(kind, i)
            spans = labelled.spans

            check_spans(spans, labelled.recording.duration_s, labelled.id)
            assert {span.label for span in spans} <= {own[kind], "rest", "voluntary", UNCLEAR}
            assert spans[0].start_s == 0.0
            assert spans[-1].end_s == pytest.approx(labelled.recording.duration_s)
            for one, following in pairwise(spans):
                assert following.start_s == pytest.approx(one.end_s, abs=ROUNDING)
        if i == 8:
            break


@pytest.mark.parametrize("modality", MODALITY_NAMES)
def test_training_people_show_every_class_of_window(modality):
    """Among the windows of some people of the training set each class has some."""
    found = set()
    for i, someone in enumerate(people("train", modality, simulation(), physiology())):
        for kind in ("rest", "fasciculation", "tremor", "clonus_sustained", "voluntary"):
            found |= set(label_windows(someone.recording(kind, i % 7), Labelling()).labels.tolist())
        if i == 12 or found >= set(CLASSES):
            break

    assert found >= set(CLASSES)
