"""Reference signals of a gyroscope, by which programs that label movement are compared.

Each signal is written down here from what defines it and from nothing of quaver's own simulator:
whoever learned from that one meets these as a stranger. A shape is computed at 1000 Hz, filtered
and decimated to 100 Hz as a sensor does, scaled so that the angular velocity peaks where it is
told, turned into a random but fixed orientation, and laid into sensor noise. The same shapes come
at every peak, in other noise.

Numbers with a source are those of the source. All others are assumptions of this benchmark: round,
stated, and nothing to quote.
"""

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.signal import decimate
from scipy.spatial.transform import Rotation

Array = NDArray[np.float64]
Shape = Callable[[np.random.Generator], Array]
Group = Literal["rest", "walking", "tapping", "tremor", "clonus", "fasciculation"]

RATE_HZ = 100.0
WINDOW_S = 4.0
WINDOWS = 60
PEAKS_DEG_S = (10.0, 40.0, 150.0)
"""Largest angular velocity within a window, noise aside."""
NOISE_DEG_S = 0.1
"""Root mean square of the white noise of each axis (assumed)."""

_SEED = 202607
_OVERSAMPLING = 10
_FINE_HZ = _OVERSAMPLING * RATE_HZ
_MARGIN_S = 0.5
_TIMES_S: Array = np.arange(-_MARGIN_S, WINDOW_S + _MARGIN_S, 1 / _FINE_HZ)


@dataclass(frozen=True)
class Signal:
    """One row of the comparison.

    ``make`` returns one window's angular velocity, shape (3, n_fine), of any size. ``peak_deg_s``
    is set where the signal has a size of its own, whatever peak is asked for.
    """

    name: str
    group: Group
    make: Shape
    frequency_hz: float | None = None
    peak_deg_s: float | None = None


@cache
def movements(signal: Signal) -> Array:
    """Return windows without noise whose angular velocity peaks at 1 deg/s.

    Returns
    -------
    ndarray, shape (WINDOWS, 3, WINDOW_S * RATE_HZ)
        The same in every process, read-only.
    """
    rng = _generator("movement", signal.name)
    fine = np.stack([signal.make(rng) for _ in range(WINDOWS)])
    coarse = decimate(fine, _OVERSAMPLING, ftype="fir", zero_phase=True, axis=-1)
    margin = round(_MARGIN_S * RATE_HZ)
    kept = coarse[..., margin : margin + round(WINDOW_S * RATE_HZ)]
    turned = Rotation.random(WINDOWS, rng=rng).as_matrix() @ kept
    norms = np.linalg.norm(turned, axis=1)
    scaled: Array = turned / norms.max(axis=1)[:, None, None]
    scaled.flags.writeable = False
    return scaled


def recorded(signal: Signal, peak_deg_s: float) -> Array:
    """Return windows as a sensor shows them.

    Parameters
    ----------
    signal : Signal
    peak_deg_s : float > 0
        Largest angular velocity of each window in deg/s, noise aside; a signal with a peak of its
        own keeps it, and only its noise is another.

    Returns
    -------
    ndarray, shape (WINDOWS, 3, WINDOW_S * RATE_HZ), in deg/s
        The same in every process.
    """
    rng = _generator("noise", signal.name, f"{peak_deg_s:g}")
    moved = movements(signal) * (signal.peak_deg_s or peak_deg_s)
    return moved + NOISE_DEG_S * rng.standard_normal(moved.shape)


def _generator(*names: str) -> np.random.Generator:
    """Return a generator that depends on names alone, not on the order of the signals."""
    return np.random.default_rng([_SEED, *(zlib.crc32(name.encode()) for name in names)])


def resting(rng: np.random.Generator) -> Array:
    """Return a limb at rest: it sways with the breath, at 0.15-0.4 Hz, and does nothing else."""
    phase = 2 * np.pi * (rng.uniform(0.15, 0.4) * _TIMES_S + rng.uniform())
    return np.stack((np.sin(phase), 0.3 * np.cos(phase), np.zeros_like(phase)))


def walking(rng: np.random.Generator) -> Array:
    """Return the wrist of a person who walks: arm swing, and the shock of each step.

    Steps come at 2.00 ± 0.13 Hz (MacDougall & Moore 2005, doi:10.1152/japplphysiol.00138.2005) and
    the arm swings with the stride of two steps (doi:10.1016/S0021-9290(00)00020-8). The swing has a
    second and a third harmonic; each step rings about another axis (sizes assumed).
    """
    steps = _cycle_starts(rng, 1 / rng.normal(2.00, 0.13), 0.02)
    phase = np.pi * _phase(steps)
    second, third = rng.uniform(0.1, 0.35), rng.uniform(0.03, 0.15)
    turn = rng.uniform(0, 2 * np.pi, 2)
    swing = np.sin(phase) + second * np.sin(2 * phase + turn[0])
    swing += third * np.sin(3 * phase + turn[1])
    ringing_hz, size = rng.uniform(7.0, 15.0), rng.uniform(0.1, 0.3)
    shocks = np.zeros_like(phase)
    for at in steps:
        shocks += size * rng.normal(1.0, 0.15) * _ringing(at, ringing_hz, decay_s=0.05)
    return np.stack((swing, 0.3 * swing + shocks, 0.5 * shocks))


def tapping(rng: np.random.Generator, frequency_hz: float) -> Array:
    """Return taps on a table: down, abruptly stopped, up again, and waiting for the next.

    Strokes follow the velocity of minimum jerk (Flash & Hogan 1985,
    doi:10.1523/JNEUROSCI.05-07-01688.1985); the table cuts the way down short, with a short knock.
    The table stays where it is, the height that is gone back to varies by 10 %; intervals vary by
    4-8 %, as of people who keep their own time (assumed).
    """
    period = 1 / frequency_hz
    starts = _cycle_starts(rng, period, rng.uniform(0.04, 0.08))
    heights = np.clip(rng.normal(1.0, 0.1, len(starts) + 1), 0.5, 1.5)
    down = min(rng.uniform(0.25, 0.4) * period, rng.uniform(0.08, 0.15))
    up = min(rng.uniform(0.35, 0.5) * period, rng.uniform(0.12, 0.25))
    contact = rng.uniform(0.03, 0.12) * period
    stop, knock = rng.uniform(0.7, 0.9), rng.uniform(0.0, 0.3)
    ringing_hz = rng.uniform(15.0, 30.0)
    # The stroke would end below the table: what is above it is the height.
    reached = stop**3 * (10 - 15 * stop + 6 * stop**2)
    taps = np.zeros_like(_TIMES_S)
    for at, height, next_height in zip(starts, heights[:-1], heights[1:], strict=True):
        impact = at + stop * down
        ringing = knock * _ringing(impact, ringing_hz, decay_s=0.015)
        fall = np.where(impact > _TIMES_S, _stroke((_TIMES_S - at) / down), ringing)
        lift = _stroke((_TIMES_S - impact - contact) / up)
        taps += height / (reached * down) * fall - next_height / up * lift
    return _with_following(taps, rng.uniform(0.05, 0.3), rng.uniform(0.0, 0.03))


def tremor(rng: np.random.Generator, frequency_hz: float) -> Array:
    """Return tremor: a rhythmic, nearly sinusoidal oscillation, there throughout.

    Frequency wanders slowly, with a deviation of 1-3 %: the line of orthostatic tremor is 0.66 Hz
    wide at half its power (Rigby 2015, PMC4548762), which at 15 Hz are 2 %. Amplitude wanders by
    10-25 % and there is a second harmonic of 3-15 % (assumed). A second axis follows at some phase.
    """
    wandering = 1 + rng.uniform(0.01, 0.03) * _wander(rng)
    phase = 2 * np.pi * (np.cumsum(frequency_hz * wandering) / _FINE_HZ + rng.uniform())
    turn = rng.uniform(0, 2 * np.pi, 2)
    main = np.sin(phase) + rng.uniform(0.03, 0.15) * np.sin(2 * phase + turn[0])
    aside = rng.uniform(0.1, 0.5) * np.sin(phase + turn[1])
    size = np.clip(1 + rng.uniform(0.1, 0.25) * _wander(rng), 0.3, None)
    oscillation: Array = size * np.stack((main, aside, np.zeros_like(main)))
    return oscillation


def clonus(rng: np.random.Generator, frequency_hz: float) -> Array:
    """Return clonus: beats of a reflex, each a quick contraction and a slower return.

    The contraction takes 45 % of the cycle (Boyraz 2015; 71.75 of 160.38 ms in Uysal 2011,
    doi:10.1016/j.jelekin.2010.11.005) and is fastest early. Cycles hardly vary (a stable limit
    cycle, Hidler & Rymer 1999): by 1-4 % (assumed). A third of the windows is sustained clonus. In
    the others it begins inside, abruptly: the first cycle is the longest and the period steady from
    the fourth or fifth on (Boyraz 2015). Of those, half decay exponentially (Uysal), at 0.3-1.0 per
    second (assumed). The stretch that sets it off is left out.
    """
    kind = rng.choice(["sustained", "beginning", "decaying"])
    onset = -1.0 if kind == "sustained" else rng.uniform(0.1, 0.7)
    decay = rng.uniform(0.3, 1.0) if kind == "decaying" else 0.0
    longer = 0.0 if kind == "sustained" else rng.uniform(0.1, 0.4)
    order = np.arange(int(8 * frequency_hz))
    periods = (1 + longer * np.exp(-order / 1.3)) / frequency_hz
    periods *= rng.normal(1.0, rng.uniform(0.01, 0.04), len(order))
    starts = onset + np.concatenate(([0.0], np.cumsum(periods)))
    share = rng.uniform(0.43, 0.47)
    beats = np.zeros_like(_TIMES_S)
    for at, period in zip(starts[:-1], periods, strict=True):
        size = max(rng.normal(1.0, 0.05), 0.5) * np.exp(-decay * (at - onset))
        into = (_TIMES_S - at) / period
        contraction = _hump(into / share, late=2.0) * 12 / share
        relaxation = _hump((into - share) / (1 - share), late=1.0) * 6 / (1 - share)
        beats += size * (contraction - relaxation)
    return _with_following(beats, rng.uniform(0.0, 0.2), rng.uniform(0.0, 0.03))


def fasciculation(rng: np.random.Generator) -> Array:
    """Return twitches of single motor units: brief, few, and at no regular time.

    Their number is Poisson at 40.5 a minute (median in Bashford 2020, AVID,
    doi:10.1016/j.clinph.2019.09.015), one at the least; one to three units each with a direction
    and a contraction time of 35-80 ms (Thomas 1990, thenar units). That a skin turns at 40 or
    150 deg/s under them is not claimed: the columns are there to be filled.
    """
    units = rng.integers(1, 4)
    directions = rng.standard_normal((units, 3))
    directions /= np.linalg.norm(directions, axis=1)[:, None]
    contraction_s = rng.uniform(0.035, 0.080, units)
    twitches = np.zeros((3, len(_TIMES_S)))
    for at in rng.uniform(0.1, WINDOW_S - 0.3, max(rng.poisson(40.5 * WINDOW_S / 60), 1)):
        unit = rng.integers(units)
        since = np.clip((_TIMES_S - at) / contraction_s[unit], 0.0, None)
        # Velocity of the smooth twitch x² exp(2 - 2 x), which is largest at its contraction time.
        velocity = since * (1 - since) * np.exp(2 - 2 * since) / contraction_s[unit]
        twitches += rng.lognormal(0.0, 0.3) * directions[unit][:, None] * velocity
    return twitches


def _cycle_starts(rng: np.random.Generator, period_s: float, variation: float) -> Array:
    """Return when cycles begin, from before the window until after it; lengths vary by a share."""
    count = int((WINDOW_S + 4) / period_s) + 4
    periods = period_s * np.clip(rng.normal(1.0, variation, count), 0.6, 1.4)
    starts: Array = -1.0 - period_s * (1 + rng.uniform()) + np.cumsum(periods)
    return starts


def _phase(starts_s: Array) -> Array:
    """Return cycles done so far, as a smooth function of time through the starts."""
    return np.interp(_TIMES_S, starts_s, np.arange(len(starts_s), dtype=np.float64))


def _wander(rng: np.random.Generator) -> Array:
    """Return slow noise of mean 0 and deviation 1 within 0.1-1 Hz."""
    pace_hz = rng.uniform(0.1, 1.0, 6)[:, None]
    waves = np.sin(2 * np.pi * (pace_hz * _TIMES_S + rng.uniform(size=(6, 1))))
    wander: Array = waves.sum(axis=0) / np.sqrt(waves.shape[0] / 2)
    return wander


def _stroke(share: Array) -> Array:
    """Return the velocity of a stroke of minimum jerk over the share of its time, of area 1."""
    inside = np.clip(share, 0.0, 1.0)
    return 30 * inside**2 * (1 - inside) ** 2


def _with_following(main: Array, ratio: float, lag_s: float) -> Array:
    """Return three axes: the movement, its smaller follower some milliseconds later, and none.

    No limb is a hinge: what turns about exactly one axis is known by that alone.
    """
    follower = ratio * np.interp(_TIMES_S - lag_s, _TIMES_S, main)
    return np.stack((main, follower, np.zeros_like(main)))


def _hump(share: Array, late: float) -> Array:
    """Return x (1 - x)^late over the share of its time, 0 outside."""
    inside = np.clip(share, 0.0, 1.0)
    return inside * (1 - inside) ** late


def _ringing(at_s: float, frequency_hz: float, decay_s: float) -> Array:
    """Return a damped oscillation of unit size that begins at a time."""
    since = np.clip(_TIMES_S - at_s, 0.0, None)
    return np.exp(-since / decay_s) * np.sin(2 * np.pi * frequency_hz * since)


def _rows(group: Group, make: Callable[..., Array], frequencies_hz: range) -> tuple[Signal, ...]:
    return tuple(
        Signal(f"{group} {hz} Hz", group, partial(make, frequency_hz=float(hz)), float(hz))
        for hz in frequencies_hz
    )


SIGNALS: tuple[Signal, ...] = (
    Signal("rest", "rest", resting, peak_deg_s=0.3),
    Signal("walking", "walking", walking),
    *_rows("tapping", tapping, range(1, 7)),
    *_rows("tremor", tremor, range(4, 16)),
    *_rows("clonus", clonus, range(4, 9)),
    Signal("fasciculation", "fasciculation", fasciculation),
)
