"""What a trained model must do with signals, whatever its figures: invariance, direction, sense."""

from collections import Counter

import numpy as np
import pytest

from features import Windows

MODALITIES = ("emg", "accelerometer", "gyroscope")

OFFSETS = {"emg": 300.0, "accelerometer": 1.0, "gyroscope": 20.0}
NOISE_SHARE = 0.01
"""Of a window's own deviation: far below what it shows."""
KEPT_SHARE = 0.9
"""Of labels that noise leaves as they are: a window may lie on an edge between two answers."""
GROWTH = (0.0, 0.1, 0.3, 1.0)
"""Share of a tremor's own amplitude that is added to a window of rest."""
SLACK = 0.02
"""By which a mean probability may fall: trees are steps, not slopes."""


@pytest.fixture
def usable_of(tiny_of, unseen_of):
    """Windows of unseen people that nothing speaks against, with their labels."""

    def usable(modality):
        tiny = tiny_of(modality)
        for batch in unseen_of(modality):
            answer = tiny.predict(batch.windows)
            good = np.array([not flags for flags in answer.flags])
            if good.any():
                yield batch.windows[good], batch.labels[good]

    return usable


def like(windows, samples):
    """Return windows with other samples."""
    return Windows(
        samples,
        sampling_rate_hz=windows.sampling_rate_hz,
        modality=windows.modality,
        unit=windows.unit,
    )


@pytest.mark.parametrize("modality", MODALITIES)
def test_an_offset_changes_nothing(tiny_of, usable_of, modality):
    """A constant added to all samples leaves label and probabilities as they are."""
    tiny = tiny_of(modality)
    windows, _ = next(usable_of(modality))
    samples = np.asarray(windows.samples, dtype=np.float64)
    offset = OFFSETS[modality] / windows.unit_factor

    before = tiny.predict(like(windows, samples))
    after = tiny.predict(like(windows, samples + offset))

    same = np.isclose(before.probabilities, after.probabilities, atol=1e-6).all(axis=1)
    assert same.mean() > KEPT_SHARE  # rounding may carry a feature over the edge of a leaf
    assert (before.labels == after.labels).mean() > KEPT_SHARE


@pytest.mark.parametrize("modality", MODALITIES)
def test_little_noise_changes_little(tiny_of, usable_of, rng, modality):
    """Noise of one per cent of a window's deviation leaves nearly all labels as they are."""
    tiny = tiny_of(modality)
    kept = total = 0
    for windows, _ in usable_of(modality):
        samples = np.asarray(windows.samples, dtype=np.float64)
        size = NOISE_SHARE * samples.std(axis=2, keepdims=True)
        noisy = samples + size * rng.standard_normal(samples.shape)
        kept += np.sum(tiny.predict(windows).labels == tiny.predict(like(windows, noisy)).labels)
        total += len(windows)

    assert kept / total > KEPT_SHARE


@pytest.mark.parametrize("modality", MODALITIES)
def test_more_tremor_is_never_less_like_tremor(tiny_of, usable_of, modality):
    """A tremor that grows out of a window of rest never lowers the mean chance of tremor."""
    tiny = tiny_of(modality)
    tremor = tiny.card.classes.index("tremor")
    chances = [[] for _ in GROWTH]
    for windows, labels in usable_of(modality):
        samples = np.asarray(windows.samples, dtype=np.float64)
        trembling = samples[labels == "tremor"]
        resting = np.resize(samples[labels == "rest"], trembling.shape)
        waves = trembling - trembling.mean(axis=2, keepdims=True)
        for share, found in zip(GROWTH, chances, strict=True):
            answer = tiny.predict(like(windows, resting + share * waves))
            found.extend(answer.probabilities[:, tremor])

    means = [np.nanmean(found) for found in chances]
    assert means[-1] > means[0] + SLACK
    assert np.diff(means).min() > -SLACK


@pytest.mark.parametrize("modality", MODALITIES)
def test_classes_are_recognised_in_people_never_seen(tiny_of, usable_of, modality):
    """Of each class more windows have it among their candidates than not."""
    tiny = tiny_of(modality)
    counts = Counter()
    for windows, labels in usable_of(modality):
        answer = tiny.predict(windows)
        for label, candidates in zip(labels, answer.candidates, strict=True):
            if label in tiny.card.classes:
                counts[str(label), label in candidates] += 1

    wrong = [c for c in tiny.card.classes if counts[c, True] < counts[c, False]]
    assert wrong == []
