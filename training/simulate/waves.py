"""Waves: the shapes that activity is made of, on one grid of time."""

from collections.abc import Iterable

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from features.kernels import kernel

Array = NDArray[np.float64]

RATE_HZ = 400.0
"""Rate of everything that is described on a grid: drive, joint angles, shaking."""


def grid(duration_s: float) -> Array:
    """Return the times of the grid in seconds."""
    times: Array = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    return times


def smooth_noise(n: int, low_hz: float, high_hz: float, rng: np.random.Generator) -> Array:
    """Return Gaussian noise of unit deviation confined to a band, shape (n,)."""
    noise: Array = _smooth_noises(1, n, low_hz, high_hz, rng)[0]
    return noise


def smooth_wandering(n: int, low_hz: float, high_hz: float, rng: np.random.Generator) -> Array:
    """Return three such noises, one for each axis, shape (3, n)."""
    return _smooth_noises(3, n, low_hz, high_hz, rng)


def _smooth_noises(
    count: int, n: int, low_hz: float, high_hz: float, rng: np.random.Generator
) -> Array:
    # Longer than asked for: the inverse transform joins the end to the beginning, and a slow band
    # must hold some lines.
    lines = 4.0
    padded = max(n + round(RATE_HZ), int(np.ceil(lines * RATE_HZ / (high_hz - low_hz))))
    padded = scipy.fft.next_fast_len(padded, real=True)
    first = max(1, int(np.ceil(low_hz * padded / RATE_HZ)))
    last = min((padded - 1) // 2, int(high_hz * padded / RATE_HZ))
    spectra = np.zeros((count, padded // 2 + 1), dtype=np.complex128)
    inside = spectra[:, first : last + 1]
    drawn = rng.normal(size=(count, 2, inside.shape[1]))
    inside.real, inside.imag = drawn[:, 0], drawn[:, 1]
    noises: Array = scipy.fft.irfft(spectra, padded)[:, :n]
    noises *= padded / (2 * np.sqrt(inside.shape[1]))
    return noises


def minimum_jerk(u: Array) -> Array:
    """Return the smoothest way from 0 to 1 for u from 0 to 1 (Flash & Hogan 1985)."""
    v = np.clip(u, 0.0, 1.0)
    path: Array = v * v * v * (10 - v * (15 - 6 * v))
    return path


PEAK_ACCELERATION = 10 / np.sqrt(3)
"""Largest acceleration of a minimum-jerk path that is one long and takes a time of one."""


def moved(times: Array, start_s: float, length_s: float) -> Array:
    """Return 0 before a movement, 1 after it, and the smoothest way between."""
    first, last = np.searchsorted(times, (start_s, start_s + length_s))
    path = np.zeros(len(times))
    path[first:last] = minimum_jerk((times[first:last] - start_s) / length_s)
    path[last:] = 1.0
    return path


def within(times: Array, stretches: Iterable[tuple[float, float]], soft_s: float = 0.15) -> Array:
    """Return 1 in some stretches, 0 outside, with a smooth way between."""
    inside = np.zeros(len(times))
    for start, end in stretches:
        inside += moved(times, start - soft_s, 2 * soft_s) - moved(times, end - soft_s, 2 * soft_s)
    return inside


def second_derivative(signal: Array) -> Array:
    """Return the second derivative in time of a signal on the grid, along its last axis."""
    derivative = np.empty_like(signal)
    inner = signal[..., 2:] - 2 * signal[..., 1:-1] + signal[..., :-2]
    derivative[..., 1:-1] = inner * RATE_HZ**2
    derivative[..., 0], derivative[..., -1] = derivative[..., 1], derivative[..., -2]
    return derivative


def repeated_shape(n: int, times_s: Array, gains: Array, shape: Array) -> Array:
    """Return a shape on the grid laid down at each of some times, shape (n,)."""
    signal = np.zeros(n)
    add_repeated(signal, times_s, gains, shape)
    return signal


def add_repeated(signal: Array, times_s: Array, gains: Array, shape: Array) -> None:
    """Add a shape on the grid at each of some times, in place."""
    first = np.zeros(len(times_s), dtype=np.int64)
    add_shapes(signal, times_s * RATE_HZ, first, gains, shape[None])


def ringing(frequency_hz: float, decay_s: float) -> Array:
    """Return what follows a knock, on the grid: a damped wave with a largest value of one."""
    age = np.arange(1 + round(8 * decay_s * RATE_HZ)) / RATE_HZ
    wave = np.sin(2 * np.pi * frequency_hz * age) * np.exp(-age / decay_s)
    largest: float = np.abs(wave).max()
    return wave / largest


def unit_vector(rng: np.random.Generator) -> Array:
    """Return a direction drawn evenly from all, shape (3,)."""
    vector = rng.normal(size=3)
    direction: Array = vector / np.linalg.norm(vector)
    return direction


def two_directions(rng: np.random.Generator) -> tuple[Array, Array]:
    """Return two directions at right angles."""
    main = unit_vector(rng)
    side = np.cross(main, unit_vector(rng))
    return main, side / np.linalg.norm(side)


def poisson_times(rate_hz: float, duration_s: float, rng: np.random.Generator) -> Array:
    """Return the times of a Poisson process, sorted."""
    return np.sort(rng.uniform(0, duration_s, size=rng.poisson(rate_hz * duration_s)))


@kernel
def add_shapes(
    signal: Array, at: Array, which: NDArray[np.int64], gains: Array, shapes: Array
) -> None:  # pragma: no cover (compiled)
    """Add ``gains[i] * shapes[which[i]]`` from the fractional sample ``at[i]`` on, in place."""
    n = shapes.shape[1]
    between = np.zeros((len(shapes), n + 2))
    between[:, 1:-1] = shapes
    for i in range(len(at)):
        whole = int(np.floor(at[i]))
        first, last = max(0, -whole), min(n + 1, len(signal) - whole)
        if first >= last:
            continue
        late = gains[i] * (at[i] - whole)
        early = gains[i] - late
        # Slices, so that the compiler sees that nothing is out of bounds: four times as fast.
        place = signal[whole + first : whole + last]
        now, before = between[which[i], first + 1 :], between[which[i], first:]
        for t in range(len(place)):
            place[t] += early * now[t] + late * before[t]
