"""Foreign signals: varied, repeatable, and others than those that judge the detector."""

from typing import get_args

import numpy as np
import pytest

from benchmarks.accuracy import foreign_signals
from features import MODALITIES, Modality
from training.foreign import PEAKS, RATES_HZ, SIGNALS, WINDOW_S, foreign_windows

EACH = 4
NOISE_BESIDE = 1.2
"""Noise that is added now and then raises a peak by less than that."""


def batches_of(modality, *, each=EACH, seed=1):
    return list(foreign_windows(modality, each, seed))


@pytest.mark.parametrize("modality", get_args(Modality))
def test_each_kind_has_as_many_windows_as_are_asked_for(modality):
    """Every kind is there, as windows of one length and unit, at rates that the modality knows."""
    batches = batches_of(modality, each=7)

    labels = np.concatenate([batch.labels for batch in batches])
    assert dict(zip(*np.unique(labels, return_counts=True), strict=True)) == dict.fromkeys(
        SIGNALS, 7
    )
    for batch in batches:
        windows = batch.windows
        assert windows.sampling_rate_hz in RATES_HZ[modality]
        length = round(WINDOW_S * windows.sampling_rate_hz)
        assert windows.samples.shape[1:] == (MODALITIES[modality].max_channels, length)


@pytest.mark.parametrize("modality", get_args(Modality))
def test_sizes_are_those_of_the_modality(modality):
    """No window is without a signal, and none is larger than the modality's windows are."""
    low, high = PEAKS[modality]
    for batch in batches_of(modality):
        peaks = np.abs(batch.windows.samples).max(axis=(1, 2))
        assert (peaks > low / NOISE_BESIDE).all()
        assert (peaks < high * NOISE_BESIDE).all()


def test_the_same_seed_gives_the_same_windows():
    """Twice the same, and other ones from another seed."""
    first, second, other = (batches_of("gyroscope", seed=seed) for seed in (1, 1, 2))

    for a, b, c in zip(first, second, other, strict=True):
        assert np.array_equal(a.windows.samples, b.windows.samples)
        assert not np.array_equal(a.windows.samples, c.windows.samples)


def test_windows_of_a_kind_differ_and_have_names_of_their_own():
    """No window is there twice, and no name."""
    ids: list[str] = []
    for batch in batches_of("accelerometer"):
        ids += batch.ids.tolist()
        samples = batch.windows.samples.reshape(len(batch), -1)
        assert len(np.unique(samples, axis=0)) == len(batch)
    assert len(set(ids)) == len(ids) == EACH * len(SIGNALS)


def test_the_signals_that_judge_the_detector_are_not_among_those_it_meets():
    """Rules and seeds of the benchmark are others, or its figure would tell nothing."""
    judging = {make.__code__ for make in foreign_signals.SIGNALS.values()}

    assert not judging & {make.__code__ for make in SIGNALS.values()}
    assert not {name.removeprefix("foreign_") for name in SIGNALS} & set(foreign_signals.SIGNALS)
