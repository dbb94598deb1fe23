"""A browser without a window, a port for an ASGI application, and records to look at."""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import uvicorn
from real_service import free_port

from features import Recording
from serving.analysis.picture import spectrogram, trace
from serving.analysis.report import (
    Change,
    Episode,
    Event,
    ModelInfo,
    Percentiles,
    QualitySpan,
    Rate,
    RecordingInfo,
    RecordingReport,
    Settings,
    Share,
    Span,
)
from serving.analysis.source import RecordingSource

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
"""The browser that is installed; none is downloaded."""

QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@contextmanager
def chromium() -> "Iterator[Browser]":
    """Open Chromium, or skip what needs it."""
    if not os.access(CHROMIUM, os.X_OK):
        pytest.skip(f"there is no Chromium at {CHROMIUM}; CHROMIUM= names another place")
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  (where there is a browser)

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def served(app: Any) -> Iterator[str]:
    """Serve an ASGI application on a free port from a thread; return its address."""
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None, access_log=False))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + 60
    while not server.started and thread.is_alive() and time.monotonic() < until:
        time.sleep(0.02)
    assert server.started
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(20)


def muscle(seconds: float, rate_hz: float = 1000.0) -> Recording:
    """Return a quiet muscle with a tremor in its second quarter and single potentials later."""
    rng = np.random.default_rng(5)
    n = int(seconds * rate_hz)
    times = np.arange(n, dtype=np.float32) / rate_hz
    samples = 4 * rng.standard_normal(n, dtype=np.float32)
    trembling = (times > seconds / 4) & (times < seconds / 2)
    samples *= 1 + 14 * trembling * np.maximum(np.sin(2 * np.pi * 5.2 * times), 0) ** 2
    shape = 160 * np.sin(2 * np.pi * np.arange(12) / 12)
    for at in potentials_s(seconds):
        first = int(at * rate_hz)
        samples[first : first + 12] += shape[: n - first]
    return Recording(samples[None], sampling_rate_hz=rate_hz, modality="emg", unit="uV")


def potentials_s(seconds: float) -> Any:
    """Return when those potentials begin: about thirty a minute."""
    rng = np.random.default_rng(6)
    n = int(seconds / 4)
    return np.sort(rng.uniform(0.55 * seconds, 0.95 * seconds, n))


def record_of(recording: Recording) -> RecordingReport:
    """Return a record of such a muscle that has something of everything, with its pictures."""
    seconds = recording.duration_s
    source = RecordingSource(recording)
    quarter = seconds / 4
    times = potentials_s(seconds)
    spans = (
        Span(start_s=0, duration_s=quarter, label="rest", candidates=("rest",), reason=None,
             probability=0.97),
        Span(start_s=quarter, duration_s=0.8 * quarter, label="tremor", candidates=("tremor",),
             reason=None, probability=0.93),
        Span(start_s=1.8 * quarter, duration_s=0.2 * quarter, label="undecided",
             candidates=("clonus", "tremor"), reason="several_candidates", probability=0.6),
        Span(start_s=2 * quarter, duration_s=0.1 * quarter, label="unusable", candidates=(),
             reason="clipped", probability=None),
        Span(start_s=2.1 * quarter, duration_s=1.9 * quarter, label="fasciculation",
             candidates=("fasciculation",), reason=None, probability=0.9),
    )  # fmt: skip
    shares = {"rest": 0.25, "tremor": 0.2, "undecided": 0.05, "fasciculation": 0.5, "clonus": 0.0,
              "voluntary": 0.0}  # fmt: skip
    per_minute = 60 * len(times) / (2 * quarter)
    return RecordingReport(
        recording=RecordingInfo(
            modality="emg", unit="uV", sampling_rate_hz=recording.sampling_rate_hz,
            duration_s=seconds, channels=recording.channel_names,
        ),
        usable_s=0.975 * seconds,
        shares={
            label: Share(seconds=share * seconds, share=share, low=0.8 * share,
                         high=min(1, 1.2 * share + 0.02), effective_n=seconds / 8)
            for label, share in shares.items()
        },
        rates={
            "fasciculation": Rate(count=len(times), minutes=2 * quarter / 60,
                                  per_minute=per_minute, low=0.8 * per_minute,
                                  high=1.3 * per_minute),
            "tremor_episodes": Rate(count=1, minutes=seconds / 60, per_minute=60 / seconds,
                                    low=0.03 * 60 / seconds, high=5.6 * 60 / seconds),
        },
        amplitudes={
            "fasciculation": Percentiles(p5=280, p25=300, p50=318, p75=330, p95=350,
                                         count=len(times)),
        },
        episodes=(
            Episode(label="rest", start_s=0, duration_s=quarter, dominant_frequency_hz=None,
                    frequency_spread_hz=None, cycles=None, amplitude=None, probability=0.97),
            Episode(label="tremor", start_s=quarter, duration_s=0.8 * quarter,
                    dominant_frequency_hz=5.2, frequency_spread_hz=0.21,
                    cycles=int(0.8 * quarter * 5.2), amplitude=184.0, probability=0.93),
        ),
        events=tuple(
            Event(time_s=float(at) + 0.003, duration_ms=11.0, amplitude=318.0, shape=k % 3,
                  isolated=k % 2 == 0)
            for k, at in enumerate(times)
        ),
        timeline=spans,
        quality=(QualitySpan(start_s=2 * quarter, duration_s=0.1 * quarter, flag="clipped"),),
        model=ModelInfo(name="quaver-emg", version="7", fingerprint="0123456789abcdef"),
        settings=Settings(window_s=4.0, hop_s=1.0),
        comparison=(
            Change(what="rates.fasciculation", kind="rate_ratio", earlier=per_minute / 2,
                   now=per_minute, value=2.0, low=1.4, high=2.9, verdict="rose"),
            Change(what="shares.tremor", kind="share_difference", earlier=0.25, now=0.2,
                   value=-0.05, low=-0.12, high=0.03, verdict="cannot tell"),
        ),
        trace=trace(source, [0]),
        spectrogram=spectrogram(source, [0]),
    )  # fmt: skip
