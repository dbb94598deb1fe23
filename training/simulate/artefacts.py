"""Artefacts: what electrodes pick up besides the muscle beneath them."""

from functools import lru_cache

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from training.simulate.parameters import Draws
from training.simulate.resting import heart_beats
from training.simulate.sites import Site
from training.simulate.waves import add_shapes, grid, smooth_noise

Array = NDArray[np.float64]

_GONE = 40.0
"""Decays after which an exponential is below the rounding of what it began with."""


def electrode_artefacts(n: int, rate_hz: float, draws: Draws) -> Array:
    """Return heartbeat, pulling cables and popping electrodes, uV, shape (1, n)."""
    wave = np.zeros(n)
    if draws.chance(draws("artefacts.ecg_probability")):
        wave += heartbeat_potential(n, rate_hz, draws)
    if draws.chance(draws("artefacts.motion_artefact_probability")):
        wave += motion_artefact(n, rate_hz, draws)
    wave += electrode_pops(n, rate_hz, draws)
    return wave[None]


def heartbeat_potential(n: int, rate_hz: float, draws: Draws) -> Array:
    """Return the electrocardiogram as an electrode far from the heart sees it, uV, shape (n,)."""
    rng = draws.rng
    lead_s = 0.2
    age = np.arange(round((lead_s + 0.6) * rate_hz)) / rate_hz - lead_s
    width = rng.uniform(0.012, 0.03)
    # Q, R, S and T: size, time and width of each.
    waves = (
        (rng.uniform(-0.3, 0.1), -0.03, 0.6 * width),
        (1.0, 0.0, width),
        (rng.uniform(-0.6, 0.0), 0.03, 0.8 * width),
        (0.2, 0.25, 0.05),
    )
    shape = sum(
        (size * np.exp(-0.5 * ((age - at) / spread) ** 2) for size, at, spread in waves),
        np.zeros(len(age)),
    )
    beats = heart_beats(draws, n / rate_hz)
    sizes = np.full(len(beats), draws("artefacts.ecg_amplitude"))
    return _laid_down(n, rate_hz, beats - lead_s, sizes, shape)


def motion_artefact(n: int, rate_hz: float, draws: Draws) -> Array:
    """Return the swaying of electrodes whose cables are pulled now and then, uV, shape (n,)."""
    rng = draws.rng
    coarse = grid(n / rate_hz + 1.0)
    band = max(draws("artefacts.motion_artefact_band"), 0.5)
    wander = smooth_noise(len(coarse), 0.1, band, rng)
    swell = np.clip(smooth_noise(len(coarse), 0.05, 0.5, rng), 0, None)
    size = draws("artefacts.motion_artefact_amplitude") / 2
    artefact: Array = np.interp(np.arange(n) / rate_hz, coarse, size * wander * swell)
    return artefact


def electrode_pops(n: int, rate_hz: float, draws: Draws) -> Array:
    """Return the steps of electrodes that lose touch, each with its slow return, uV, (n,)."""
    rng = draws.rng
    wave = np.zeros(n)
    age = np.arange(n) / rate_hz
    for start in rng.uniform(
        size=rng.poisson(draws("artefacts.electrode_pop_rate") / 60 * age[-1])
    ):
        decay = draws.fresh("artefacts.electrode_pop_decay") * 1e-3
        size = draws.fresh("artefacts.electrode_pop_amplitude") * rng.choice((-1, 1))
        first = int(start * n)
        # Nothing of it is left after some decays.
        after = age[: min(n - first, round(_GONE * decay * rate_hz) + 1)]
        pop = size * (1 - np.exp(-after / 0.002)) * np.exp(-after / decay)
        wave[first : first + len(after)] += pop
    return wave


def mains_hum(n: int, site: Site, draws: Draws) -> Array:
    """Return the mains hum, odd multiples above all, with a level of this recording, uV, (n,)."""
    rng = draws.rng
    steps = 1024
    turns = np.linspace(0.0, 1.0, steps + 1)
    cycle = np.zeros(len(turns))
    for multiple, weight in ((1, 1.0), (2, 0.1), (3, 0.4), (4, 0.1), (5, 0.2), (7, 0.1)):
        share = weight * (1.0 if multiple == 1 else rng.uniform())
        turned = multiple * (turns + rng.uniform())
        if multiple * site.mains_hz < 0.45 * site.device_rate_hz:
            cycle += share * np.sin(2 * np.pi * turned)
    cycle *= site.mains_size * rng.lognormal(0, 0.5)
    place = np.arange(n) * (site.mains_hz / site.device_rate_hz * steps)
    whole = place.astype(np.int64)
    place -= whole
    whole %= steps
    hum: Array = cycle[whole]
    hum += place * np.diff(cycle)[whole]
    return hum


def resting_noise(n: int, site: Site, draws: Draws) -> Array:
    """Return what an electrode at rest shows, uV, shape (1, n).

    The device gives white noise and a part that grows towards low frequencies. Other muscles and
    tonic units give noise with the spectrum of a distant muscle: its amplitude falls with the
    square of the frequency above a corner.
    """
    device = shaped_noise(n, _device_amplitudes(n, site), draws.rng)
    return device[None] + _tone(n, site.device_rate_hz, draws)


@lru_cache(maxsize=2)
def _device_amplitudes(n: int, site: Site) -> Array:
    """Return the root mean squares of a device's noise at the frequencies of a transform."""
    freqs = scipy.fft.rfftfreq(_noise_length(n), 1 / site.device_rate_hz)
    power = 1 + (site.noise_corner_hz / np.maximum(freqs, 1.0)) ** 2
    amplitudes: Array = site.noise_rms * np.sqrt(power / power[1:].sum())
    return amplitudes


def _tone(n: int, rate_hz: float, draws: Draws) -> Array:
    """Return what muscles farther away give at rest: their units' potentials, one by one.

    Many add up to Gaussian noise; of few, each is seen, and the noise has heavy tails.
    """
    rise, corner = draws("rest.semg_tone_rise"), draws("rest.semg_tone_corner")
    squares = scipy.fft.rfftfreq(_noise_length(n), 1 / rate_hz) ** 2
    potential = squares / ((squares + rise**2) * (1 + squares / corner**2))
    at = draws.rng.poisson(draws("rest.semg_tone_shots") / rate_hz, size=_noise_length(n))
    # The sum of as many Gaussian sizes; those of one channel tend to one side.
    shots = draws("rest.semg_tone_polarity") * at + np.sqrt(at) * draws.rng.standard_normal(len(at))
    spectrum = scipy.fft.rfft(shots)
    spectrum *= potential
    tone: Array = scipy.fft.irfft(spectrum, len(at))[:n]
    return draws("rest.semg_tone_rms") / max(float(tone.std()), 1e-12) * tone[None]


def shaped_noise(n: int, amplitudes: Array, rng: np.random.Generator) -> Array:
    """Return Gaussian noise of a spectrum, shape (n,).

    ``amplitudes`` are the root mean squares at the frequencies of a real transform of
    :func:`_noise_length`; that at zero is ignored.
    """
    length = _noise_length(n)
    spectrum = np.empty(len(amplitudes), dtype=np.complex64)
    spectrum.real = rng.standard_normal(len(amplitudes), dtype=np.float32)
    spectrum.imag = rng.standard_normal(len(amplitudes), dtype=np.float32)
    spectrum *= (amplitudes * (length / 2)).astype(np.float32)
    spectrum[0] = 0.0
    noise: Array = scipy.fft.irfft(spectrum, length)[:n].astype(np.float64)
    return noise


def _noise_length(n: int) -> int:
    return int(scipy.fft.next_fast_len(n, real=True))


def _laid_down(n: int, rate_hz: float, times_s: Array, sizes: Array, shape: Array) -> Array:
    wave = np.zeros(n)
    first = np.zeros(len(times_s), dtype=np.int64)
    add_shapes(wave, times_s * rate_hz, first, sizes, shape[None])
    return wave
