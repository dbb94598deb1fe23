"""What an electrode that loses touch looks like after the band-pass of surface EMG.

A step, at once or within a few milliseconds, that decays as amplifier and electrode let it, and a
single deviant sample. The band-pass leaves of each one known shape, whatever its size.
"""

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from features.conditioning import USABLE_NYQUIST_SHARE, butterworth_power
from features.spec import Conditioning

Array = NDArray[np.float64]

_RISES_S = (0.0005, 0.002)
"""Time constants of the step itself."""
_DECAYS_S = (0.003, 0.006, 0.012, 0.03, 0.1, 1.0)
"""Time constants of what follows: those of high-passes in amplifiers, and of electrodes."""
_LEAD_S = 1.0
"""Time before an artefact, and after, so that nothing wraps around."""


def artefact_shapes(
    conditioning: Conditioning, rate_hz: float, sampling_rate_hz: float, half_s: float
) -> Array:
    """Return the shapes of electrode artefacts, shape (n_shapes, n_samples), of unit energy each.

    Parameters
    ----------
    rate_hz : float
        Of the conditioned signal.
    sampling_rate_hz : float
        Of the recording, which bounds what can be in it.
    half_s : float
        Half length of a shape.
    """
    n = 2 * round(_LEAD_S * rate_hz)
    times = np.arange(n) / rate_hz - _LEAD_S
    age = np.clip(times, 0.0, None)
    steps = [
        (times >= 0) * (1.0 - np.exp(-age / rise_s)) * np.exp(-age / decay_s)
        for rise_s in _RISES_S
        for decay_s in _DECAYS_S
    ]
    samples = [np.sinc(times * rate_hz - shift) for shift in (0.0, 0.5)]
    freqs_hz = scipy.fft.rfftfreq(n, 1.0 / rate_hz)
    passed = butterworth_power(
        freqs_hz, conditioning.highpass_hz, conditioning.lowpass_hz, conditioning.order
    )
    passed[freqs_hz > USABLE_NYQUIST_SHARE * sampling_rate_hz / 2] = 0.0
    shapes = scipy.fft.irfft(scipy.fft.rfft(np.array(steps + samples)) * passed, n)
    middle, half = n // 2, round(half_s * rate_hz)
    cut: Array = np.ascontiguousarray(shapes[:, middle - half : middle + half + 1])
    cut /= np.sqrt((cut**2).sum(axis=1, keepdims=True))
    return cut
