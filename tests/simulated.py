"""What tests of the simulator share: shipped configuration, pinned bodies, faultless sensors."""

from functools import cache
from pathlib import Path

import numpy as np

from features import MODALITIES
from training.config import load_config
from training.simulate.activity import Scene
from training.simulate.config import Simulation
from training.simulate.parameters import Draws, Physiology
from training.simulate.people import Person
from training.simulate.sites import Site

ROOT = Path(__file__).parent.parent
LEVER_M = 0.15
DURATION_S = 24.0


@cache
def physiology() -> Physiology:
    """Return the shipped parameters, whose numbers may be retuned at any time."""
    return Physiology.load(ROOT / "configs" / "physiology.yaml")


@cache
def simulation() -> Simulation:
    """Return the shipped configuration."""
    return load_config(ROOT / "configs" / "simulate.yaml", Simulation)


def pinned(values: dict[str, float]) -> Physiology:
    """Return the shipped parameters, some of them pinned to a value."""
    changed = dict(physiology())
    for name, value in values.items():
        limits = {"low": value, "high": value, "typical": value, "scale": "linear"}
        changed[name] = changed[name].model_copy(update=limits)
    return Physiology(changed)


def drawn(values: dict[str, float] | None = None, *, seed: int = 1) -> Draws:
    """Return draws of a person and a recording, some parameters pinned."""
    return Draws(
        pinned(values or {}), person_seed=seed, recording_seed=seed + 1000, between_share=0.8
    )


def faultless(modality: str, rate_hz: float = 100.0, **changes: object) -> Site:
    """Return a site whose device adds nothing and loses nothing, but for the changes."""
    faults = {
        "name": "faultless",
        "modality": modality,
        "sampling_rate_hz": rate_hz,
        "device_rate_hz": rate_hz,
        "lowpass_hz": 0.0,
        "linear_host": False,
        "unit": MODALITIES[modality].unit,
        "full_scale": 1e6,
        "step": 1e-9,
        "noise_rms": 0.0,
        "noise_corner_hz": 0.0,
        "analog_highpass_hz": 0.0,
        "gains": np.ones(3),
        "biases": np.zeros(3),
        "mains_hz": 50.0,
        "mains_size": 0.0,
        "timing_jitter": 0.0,
        "counts_per_unit": 1.0,
        "counts_offset": 0.0,
    }
    return Site(**(faults | changes))


STILL = {
    "rest.cardioballistic_peak": 0.0,
    "rest.respiration_tilt": 0.0,
    "rest.posture_drift": 0.0,
    "rest.sway": 0.0,
    "rest.fidget_rate": 0.0,
    "rest.small_jerk_rate": 0.0,
    "rest.stray_unit_probability": 0.0,
    "rest.semg_tone_rms": 0.0,
    "tremor.physiological.peak_acceleration_at_dominant": 0.0,
    "artefacts.electrode_pop_rate": 0.0,
    "artefacts.ecg_probability": 0.0,
    "artefacts.motion_artefact_probability": 0.0,
    "artefacts.dropout_probability": 0.0,
}
"""A body that neither beats, breathes, drifts, sways nor fidgets, under electrodes left alone."""


def person(site: Site, values: dict[str, float] | None = None, *, seed: int = 1) -> Person:
    """Return a person at a site, some parameters pinned."""
    return Person(f"p{seed}", seed, site, simulation(), pinned(values or {}))


def shown(
    scene: Scene, modality: str, values: dict[str, float], *, seed: int = 1, rate_hz: float = 400.0
) -> np.ndarray:
    """Return what a faultless sensor on a still body shows of a scene, in the modality's unit."""
    rate = 4000.0 if modality == "emg" else rate_hz
    someone = person(faultless(modality, rate), STILL | values, seed=seed)
    recorded = someone.recorded(scene, drawn(STILL | values, seed=seed))
    return recorded.samples


def line_hz(signal: np.ndarray, rate_hz: float, band_hz: tuple[float, float]) -> float:
    """Return the strongest frequency within a band, axes summed, by a padded periodogram."""
    signals = np.atleast_2d(signal)
    n = signals.shape[1]
    tapered = (signals - signals.mean(axis=1, keepdims=True)) * np.hanning(n)
    power = (np.abs(np.fft.rfft(tapered, 8 * n, axis=1)) ** 2).sum(axis=0)
    freqs = np.fft.rfftfreq(8 * n, 1 / rate_hz)
    inside = (freqs >= band_hz[0]) & (freqs <= band_hz[1])
    return float(freqs[inside][power[inside].argmax()])


def band_power(signal: np.ndarray, rate_hz: float, centre_hz: float, half_width_hz: float) -> float:
    """Return the power within a distance of a frequency, axes summed."""
    signals = np.atleast_2d(signal)
    n = signals.shape[1]
    tapered = (signals - signals.mean(axis=1, keepdims=True)) * np.hanning(n)
    power = (np.abs(np.fft.rfft(tapered, axis=1)) ** 2).sum(axis=0)
    freqs = np.fft.rfftfreq(n, 1 / rate_hz)
    return float(power[np.abs(freqs - centre_hz) <= half_width_hz].sum())
