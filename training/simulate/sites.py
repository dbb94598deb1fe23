"""Sites: the device with which, and the place where, a group of people is recorded."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features import MODALITIES, RELATIVE, Modality
from training.simulate.parameters import Draws, Physiology

Array = NDArray[np.float64]

RATES_HZ = {
    "emg": (500.0, 1000.0, 1000.0, 1024.0, 1259.259, 1926.0, 2000.0, 2048.0, 4000.0, 10000.0),
    "motion": (20.0, 25.0, 31.25, 32.0, 50.0, 64.0, 100.0, 100.0, 128.0, 200.0, 500.0),
}
"""Rates of devices in use."""
HOST_RATES_HZ = {"emg": (1000.0, 2000.0), "motion": (50.0, 64.0, 100.0, 128.0, 200.0)}
"""Rates that recordings are brought to afterwards, when they had a lower one."""
FULL_SCALES = {"accelerometer": (2.0, 4.0, 8.0, 16.0), "gyroscope": (250.0, 500.0, 1000.0, 2000.0)}
"""Half ranges of devices in use."""
_FILTERED = 0.25
"""Share of the sites whose device has a low-pass filter of its own."""
_REGRIDDED = {"emg": 0.1, "motion": 0.15}
"""Share of the sites whose recordings are brought to a higher rate afterwards, if there is one."""
_OPEN = 0.4
"""A low-pass filter above this share of the sampling rate changes nothing."""
_MOST_STEPS = 2.0**16
"""Steps that the converter of a motion sensor has at the most."""


@dataclass(frozen=True, eq=False)
class Site:
    """A device and its surroundings; sizes are in the modality's own unit.

    ``counts_per_unit`` and ``counts_offset`` apply to a device whose gain is not known: its unit
    is ``relative``. ``mains_hz`` is the frequency at which the mains appear: a device's clock may
    be off. A device may have a low-pass filter, and a host may bring its samples from
    ``device_rate_hz`` to ``sampling_rate_hz``, interpolating linearly or as a filter does.
    """

    name: str
    modality: Modality
    sampling_rate_hz: float
    device_rate_hz: float
    lowpass_hz: float
    """Zero for none."""
    linear_host: bool
    unit: str
    full_scale: float
    step: float
    noise_rms: float
    noise_corner_hz: float
    analog_highpass_hz: float
    gains: Array
    biases: Array
    mains_hz: float
    mains_size: float
    timing_jitter: float
    counts_per_unit: float
    counts_offset: float


def draw_site(name: str, modality: Modality, physiology: Physiology, seed: int) -> Site:
    """Draw a site from a seed."""
    draws = Draws(physiology, person_seed=seed, recording_seed=seed, between_share=1.0)
    rng = draws.rng
    emg = modality == "emg"
    sensor = "emg" if emg else "motion"
    rate = float(rng.choice(RATES_HZ[sensor]))
    full_scale, step = _converter(modality, draws)
    units = [u for u in MODALITIES[modality].factors if u != RELATIVE]
    relative = emg and draws.chance(0.35)
    after = np.random.default_rng([seed, 1])
    lowpass_hz = draws(f"acquisition.{sensor}_lowpass") if after.random() < _FILTERED else 0.0
    return Site(
        name=name,
        modality=modality,
        sampling_rate_hz=_host_rate(rate, sensor, after),
        device_rate_hz=rate,
        lowpass_hz=0.0 if lowpass_hz > _OPEN * rate else lowpass_hz,
        linear_host=bool(after.random() < 0.5),
        unit=RELATIVE if relative else str(rng.choice(units)),
        full_scale=full_scale,
        step=step,
        noise_rms=_noise(modality, draws, rate),
        noise_corner_hz=draws("acquisition.noise_colour") if emg else 0.0,
        analog_highpass_hz=float(rng.choice((0.0, 5.0, 10.0, 20.0, 30.0, 60.0))) if emg else 0.0,
        gains=rng.normal(1.0, draws("acquisition.gain_error"), size=3),
        biases=draws(f"acquisition.{modality}_bias") * rng.normal(size=3),
        mains_hz=_apparent_mains(draws),
        mains_size=draws("artefacts.mains") if emg else 0.0,
        timing_jitter=0.0 if emg else draws("artefacts.timestamp_jitter"),
        counts_per_unit=draws("acquisition.counts_per_uv") if relative else 1.0,
        counts_offset=float(rng.choice((0.0, 512.0, 2048.0, 32768.0))) if relative else 0.0,
    )


def _host_rate(rate_hz: float, sensor: str, rng: np.random.Generator) -> float:
    """Return the rate at which a recording is handed on: mostly that of the device."""
    higher = [host for host in HOST_RATES_HZ[sensor] if host > rate_hz]
    return float(rng.choice(higher)) if higher and rng.random() < _REGRIDDED[sensor] else rate_hz


def _converter(modality: Modality, draws: Draws) -> tuple[float, float]:
    """Return half the range of a converter and the size of its steps."""
    step = draws(f"acquisition.{modality}_step")
    if modality == "emg":
        return draws("acquisition.semg_range"), step
    full_scale = float(draws.rng.choice(FULL_SCALES[modality]))
    return full_scale, max(step, 2 * full_scale / _MOST_STEPS)


def _noise(modality: Modality, draws: Draws, rate_hz: float) -> float:
    if modality == "emg":
        return draws("rest.semg_baseline_rms")
    if modality == "accelerometer":
        density = draws("rest.accelerometer_noise_density") * 1e-6
        return float(density * np.sqrt(rate_hz / 2))
    return draws("rest.gyroscope_noise")


def _apparent_mains(draws: Draws) -> float:
    """Return the mains frequency as a device sees it, whose clock is good, or now and then not."""
    true_hz = float(draws.rng.choice((50.0, 60.0))) + draws.rng.normal(0, 0.02)
    poor = draws.chance(0.25)
    return true_hz * (1 + (draws("acquisition.clock_error") if poor else 0.0))
