"""The reader of PADS, on tiny downloads in the layout that its authors publish."""

import json
from collections import Counter

import numpy as np
import pytest

from features import SignalError
from training.datasets.labelled import CLASSES, UNCLEAR
from training.datasets.labelling import Labelling, label_windows
from training.datasets.public import pads

CHANNELS = ["Time", *(f"{s}_{a}" for s in ("Accelerometer", "Gyroscope") for a in "XYZ")]
UNITS = ["s", *["g"] * 3, *["rad/s"] * 3]


def labels_of_tasks(recordings):
    """Count the labels of 4-s windows by task."""
    counts = {}
    for each in recordings:
        counter = counts.setdefault(each.details["task"], Counter())
        counter.update(label_windows(each, Labelling()).labels.tolist())
    return counts


def write_pads(folder, person, condition, tasks, size=0.5):
    """Write the files of one person, who moves by ``size`` in every task but those of rest."""
    rng = np.random.default_rng(int(person))
    for name in ("patients", "movement/timeseries"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    patient = {"resource_type": "patient", "id": person, "condition": condition, "age": 56}
    (folder / "patients" / f"patient_{person}.json").write_text(json.dumps(patient))
    session = []
    for task in tasks:
        records = []
        n = 2048 if task.startswith("Relaxed") else 1024
        for wrist in ("LeftWrist", "RightWrist"):
            name = f"timeseries/{person}_{task}_{wrist}.txt"
            times = np.arange(n) / 99.9 + rng.uniform(-0.002, 0.002, n)
            times -= times[0]
            scale = 0.004 if task in pads.REST else size
            axes = scale * rng.normal(size=(n, 6)).cumsum(axis=0)
            axes = np.where(task in pads.REST, scale * rng.normal(size=(n, 6)), axes)
            np.savetxt(
                folder / "movement" / name, np.column_stack([times, axes]), "%.10f", delimiter=","
            )
            records.append(
                {
                    "device_location": wrist,
                    "channels": CHANNELS,
                    "units": UNITS,
                    "file_name": name,
                }
            )
        session.append({"record_name": task, "rows": n, "records": records})
    observation = {
        "resource_type": "observation",
        "subject_id": person,
        "study_id": "PADS",
        "device_id": "Apple Watch Series 4",
        "sampling_rate": 100,
        "session": session,
    }
    path = folder / "movement" / f"observation_{person}.json"
    path.write_text(json.dumps(observation))


def test_pads_labels_what_healthy_people_show(tmp_path):
    """A healthy wrist rests or moves as the task says; held arms have a name of their own."""
    tasks = ("Relaxed", "StretchHold", "TouchIndex", "Entrainment")
    write_pads(tmp_path, "001", "Healthy", tasks)

    recordings = list(pads.read(tmp_path))

    counts = labels_of_tasks(recordings)
    assert set(counts) == {"Relaxed", "StretchHold", "TouchIndex"}
    assert set(counts["Relaxed"]) == {"rest"}
    assert set(counts["StretchHold"]) == {pads.HELD_POSTURE}
    assert set(counts["TouchIndex"]) == {"voluntary"}


def test_pads_keeps_patients_under_names_of_their_own(tmp_path):
    """Of a patient, the set does not say whether a window shows tremor."""
    write_pads(tmp_path, "002", "Parkinson's", ("RelaxedTask", "LiftHold", "DrinkGlas"))

    counts = labels_of_tasks(pads.read(tmp_path))

    assert {task: set(counter) for task, counter in counts.items()} == {
        "RelaxedTask": {"rest_tremor_task"},
        "LiftHold": {"postural_tremor_task"},
        "DrinkGlas": {"kinetic_tremor_task"},
    }


def test_pads_reads_two_wrists_and_two_sensors(tmp_path):
    """Each task has four recordings of one person, at 100 Hz, in the units of the set."""
    write_pads(tmp_path, "007", "Essential Tremor", ("Relaxed",))

    recordings = list(pads.read(tmp_path))

    assert [each.id for each in recordings] == [
        f"007/Relaxed/{wrist}/{modality}"
        for wrist in ("LeftWrist", "RightWrist")
        for modality in ("accelerometer", "gyroscope")
    ]
    assert {each.group for each in recordings} == {"pads/007"}
    assert [each.recording.unit for each in recordings] == ["g", "rad/s"] * 2
    assert {each.recording.sampling_rate_hz for each in recordings} == {100.0}
    assert {each.recording.samples.shape for each in recordings} == {(3, 2048)}


def test_pads_keeps_movement_at_rest_and_stillness_in_movement_unclear(tmp_path):
    """What a healthy person was asked for and the watch does not show has no class."""
    write_pads(tmp_path, "003", "Healthy", ("Relaxed", "CrossArms"), size=0.0)
    path = tmp_path / "movement" / "timeseries" / "003_Relaxed_LeftWrist.txt"
    columns = np.loadtxt(path, delimiter=",")
    columns[800:1200, 1:] += np.sin(np.arange(400) / 5)[:, None]
    np.savetxt(path, columns, "%.10f", delimiter=",")

    recordings = list(pads.read(tmp_path))

    by_id = {each.id: {span.label for span in each.spans} for each in recordings}
    assert by_id["003/Relaxed/LeftWrist/accelerometer"] == {"rest", UNCLEAR}
    assert by_id["003/Relaxed/RightWrist/accelerometer"] == {"rest"}
    assert by_id["003/CrossArms/LeftWrist/gyroscope"] == {UNCLEAR}


def test_pads_refuses_an_incomplete_download(tmp_path):
    """Whatever file is missing or damaged is named."""
    with pytest.raises(SignalError, match=r"holds no movement/observation_\*\.json"):
        list(pads.read(tmp_path))
    write_pads(tmp_path, "001", "Healthy", ("Relaxed",))
    (tmp_path / "movement" / "timeseries" / "001_Relaxed_RightWrist.txt").unlink()
    with pytest.raises(SignalError, match=r"there is no file .*001_Relaxed_RightWrist\.txt"):
        list(pads.read(tmp_path))
    (tmp_path / "patients" / "patient_001.json").write_text("{}")
    with pytest.raises(SignalError, match=r"patient_001\.json cannot be read as it is documented"):
        list(pads.read(tmp_path))


def test_pads_refuses_what_it_does_not_know(tmp_path):
    """A task or columns that the set does not have are refused, not guessed at."""
    write_pads(tmp_path, "001", "Healthy", ("Juggling",))
    with pytest.raises(SignalError, match="names the task 'Juggling', which is not known"):
        list(pads.read(tmp_path))
    write_pads(tmp_path, "001", "Healthy", ("Relaxed",))
    path = tmp_path / "movement" / "observation_001.json"
    path.write_text(path.read_text().replace("Gyroscope", "Magnetometer"))
    with pytest.raises(SignalError, match="not time and axes"):
        list(pads.read(tmp_path))


def test_the_names_of_stand_ins_are_no_classes():
    """What a protocol only suggests is never trained on."""
    assert pads.HELD_POSTURE not in {*CLASSES, UNCLEAR}
