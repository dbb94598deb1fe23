"""How well single potentials are found in long EMG: ``python -P benchmarks/events.py``.

Four kinds of data, never mixed: simulated people of the test population under noise that drifts
between 1 and 100 uV, semi-real recordings of the test people and units, evoked responses of a
resting hand with what is found between stimuli, and an hour of noise for speed. Real and semi-real
data come from the folder that QUAVER_DATA names; without it they are skipped, and it is said so.

Sensitivity is the share of events put in that were found, of those whose peak is at least five
times the deviation of the signal from a second before to a second after. Precision is the share of
events found that are potentials put in, of any size. Found means within 25 ms, one for one. The
rest of one of the two people with evoked responses is in the semi-real training set.
"""

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import scipy.signal
import yaml
from numpy.typing import NDArray
from tqdm import tqdm

from features import MODALITIES, FeatureSpec, Recording
from serving.analysis.events import find_events
from serving.analysis.source import RecordingSource
from training.config import load_config
from training.datasets import registry
from training.layout import Layout
from training.semireal.opening import open_set
from training.simulate.blocks import band, clear_of
from training.simulate.config import Simulation
from training.simulate.parameters import Draws, Physiology
from training.simulate.people import Person
from training.simulate.population import people
from training.simulate.twitches import fasciculation
from training.tables import table
from training.validation import STATEMENT, markdown_table

Array = NDArray[np.float64]

REPOSITORY = Path(__file__).parents[1]
BAND_HZ = (20.0, 450.0)
LEAST_RATIO = 5.0
TOLERANCE_S = 0.025
SITES, SECONDS = 24, 90.0
NOISE_UV, PERIOD_S = (1.0, 100.0), (20.0, 120.0)
EVOKED_TOLERANCE_S = 0.015
"""An evoked response is a span: an event may lie so far beside it."""
DRAWS = 2000
HEADER = ("figure", "data", "scheme", "subjects", "value", "interval", "target", "verdict")


@dataclass(frozen=True)
class Score:
    """Counts of one recording: of ``asked`` events ``hit`` were found; of ``told``, ``right`` are.

    ``minutes`` is how long it lasts.
    """

    group: str
    asked: int
    hit: int
    told: int
    right: int
    minutes: float


@dataclass(frozen=True)
class Figure:
    """One line of the table."""

    what: str
    data: str
    scheme: str
    subjects: str
    value: float
    interval: str = ""
    least: float | None = None
    most: float | None = None

    @property
    def cells(self) -> tuple[str, ...]:
        """The line as text."""
        target = verdict = ""
        if self.least is not None:
            target, met = f">= {self.least:g}", self.value >= self.least
            verdict = "met" if met else "short"
        elif self.most is not None:
            target, met = f"<= {self.most:g}", self.value <= self.most
            verdict = "met" if met else "short"
        value = f"{self.value:.2f}"
        return (
            self.what,
            self.data,
            self.scheme,
            self.subjects,
            value,
            self.interval,
            target,
            verdict,
        )


@dataclass
class Outcome:
    """Figures, and sentences about what was not there."""

    figures: list[Figure] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)


def found_in(recording: Recording, spec: FeatureSpec) -> Array:
    """Return the times of the events of the first channel, in seconds."""
    events = find_events(RecordingSource(recording), 0, spec, [])
    return np.array([event.time_s for event in events])


def paired(found_s: Array, truth_s: Array) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Tell which of both have a partner, one for one, the nearest first."""
    apart = np.abs(found_s[:, None] - truth_s)
    has, had = np.zeros(len(found_s), dtype=bool), np.zeros(len(truth_s), dtype=bool)
    for i, j in np.argwhere(apart <= TOLERANCE_S)[np.argsort(apart[apart <= TOLERANCE_S])]:
        if not has[i] and not had[j]:
            has[i] = had[j] = True
    return has, had


def score(
    recording: Recording, group: str, truth_s: Array, ratios: Array, spec: FeatureSpec
) -> Score:
    """Compare what is found with the truth; a ratio of 0 is neither asked for nor false."""
    found_s = found_in(recording, spec)
    has, had = paired(found_s, truth_s)
    asked = ratios >= LEAST_RATIO
    return Score(
        group,
        int(asked.sum()),
        int(had[asked].sum()),
        len(found_s),
        int(has.sum()),
        recording.duration_s / 60,
    )


def simulated(layout: Layout, spec: FeatureSpec) -> Iterator[Score]:
    """Yield the scores of people whom nothing was trained on."""
    simulation = load_config(layout.root / "configs" / "simulate.yaml", Simulation)
    test = simulation.populations["test"].model_copy(update={"sites": SITES})
    simulation = simulation.model_copy(
        update={"populations": {**simulation.populations, "test": test}}
    )
    physiology = Physiology.load(layout.root / "configs" / "physiology.yaml")
    everybody = list(people("test", "emg", simulation, physiology))
    for number, person in enumerate(tqdm(everybody, desc="simulated people", leave=False)):
        yield _simulated(person, physiology, np.random.default_rng([2, number]), spec)


def _simulated(
    person: Person, physiology: Physiology, rng: np.random.Generator, spec: FeatureSpec
) -> Score:
    site, rate_hz = person.site, person.site.sampling_rate_hz
    draws = Draws(
        physiology,
        person_seed=person.seed,
        recording_seed=int(rng.integers(2**31)),
        between_share=person.simulation.between_share,
    )
    scene = fasciculation(draws, SECONDS, draws.level("body.lever"))
    recorded = person.recorded(scene, draws)
    noise_uv = drifting(recorded.samples.shape[1], rate_hz, rng)
    factor = MODALITIES["emg"].factors.get(site.unit, 1.0)
    added = noise_uv * site.counts_per_unit if site.unit == "relative" else noise_uv / factor
    ground = band(recorded.ground + noise_uv, rate_hz, BAND_HZ)
    shown = band(recorded.phenomenon, rate_hz, BAND_HZ)
    events_s, strays_s = np.array(scene.events_s), np.array(scene.strays_s)
    ratios = [ratio(shown, ground, at_s, rate_hz) for at_s in events_s]
    recording = Recording(
        recorded.samples + added, sampling_rate_hz=rate_hz, modality="emg", unit=site.unit
    )
    truth_s = np.concatenate((events_s, strays_s))
    asked = np.concatenate((ratios, np.zeros(len(strays_s))))
    return score(recording, person.name, truth_s, asked, spec)


def drifting(n: int, rate_hz: float, rng: np.random.Generator) -> Array:
    """Return noise in the band of EMG whose deviation drifts between two limits, in uV."""
    upper_hz = min(BAND_HZ[1], 0.45 * rate_hz)
    sos = scipy.signal.butter(2, (BAND_HZ[0], upper_hz), "bandpass", fs=rate_hz, output="sos")
    noise = scipy.signal.sosfiltfilt(sos, rng.standard_normal(n))
    period_s = np.exp(rng.uniform(*np.log(PERIOD_S)))
    phase = 2 * np.pi * (np.arange(n) / rate_hz / period_s + rng.random())
    low, high = NOISE_UV
    level: Array = low * (high / low) ** (0.5 - 0.5 * np.cos(phase))
    return level * noise / noise.std()


def ratio(shown: Array, ground: Array, at_s: float, rate_hz: float) -> float:
    """Return how far a potential stands out of the second before and after it."""
    first, last = max(0, int((at_s - 0.01) * rate_hz)), int((at_s + 0.03) * rate_hz)
    around = ground[max(0, first - int(rate_hz)) : last + int(rate_hz)]
    return float(shown[first : max(last, first + 1)].max() / clear_of(around))


def semireal(layout: Layout, spec: FeatureSpec) -> Iterator[Score]:
    """Yield the scores of real potentials on real rest; a subject is a person at rest."""
    opened = open_set("semireal-fasciculation-test", "emg", layout)
    for each in opened.recordings("emg"):
        truth_s, ratios = (np.array(each.details[k]) for k in ("events_s", "peak_ratios"))
        yield score(each.recording, each.group, truth_s, ratios, spec)


def evoked(folder: Path, spec: FeatureSpec) -> Iterator[Score]:
    """Yield how many responses are found; of what is told, what lies in the rest is not right.

    Rest is what the reader calls so; ``minutes`` are those of rest alone.
    """
    for each in registry.source(folder.name).read(folder):
        found_s = found_in(each.recording, spec)
        near = np.zeros(len(found_s), dtype=bool)
        asked = hit = 0
        for span in each.spans:
            if span.label == "evoked_twitch":
                inside = found_s >= span.start_s - EVOKED_TOLERANCE_S
                inside &= found_s <= span.end_s + EVOKED_TOLERANCE_S
                asked, hit = asked + 1, hit + bool(inside.any())
                near |= inside
        rest = [span for span in each.spans if span.label == "rest"]
        at_rest = sum(((found_s >= s.start_s) & (found_s < s.end_s) & ~near).sum() for s in rest)
        minutes = sum(s.end_s - s.start_s for s in rest) / 60
        told = len(found_s)
        yield Score(each.group, asked, hit, told, told - int(at_rest), minutes)


def share(scores: Sequence[Score], over: str, under: str) -> tuple[float, str]:
    """Return a quotient of sums with its 95 % interval, subjects drawn anew."""
    groups = sorted({each.group for each in scores})
    sums = np.array(
        [
            [sum(getattr(s, name) for s in scores if s.group == group) for name in (over, under)]
            for group in groups
        ],
        dtype=np.float64,
    )
    value = float(sums[:, 0].sum() / sums[:, 1].sum())
    if len(groups) < 3:
        return value, ""
    rng = np.random.default_rng(0)
    drawn = rng.multinomial(len(groups), np.full(len(groups), 1 / len(groups)), DRAWS) @ sums
    drawn = drawn[drawn[:, 1] > 0]
    low, high = np.quantile(drawn[:, 0] / drawn[:, 1], (0.025, 0.975))
    return value, f"{100 * low:.1f}-{100 * high:.1f}"


def found_and_right(scores: Sequence[Score], data: str, scheme: str) -> list[Figure]:
    """Return sensitivity and precision in percent, and what is false a minute."""
    subjects = str(len({each.group for each in scores}))
    lines = [("sensitivity, %", "hit", "asked"), ("precision, %", "right", "told")]
    figures = []
    for what, over, under in lines:
        value, interval = share(scores, over, under)
        figures.append(Figure(what, data, scheme, subjects, 100 * value, interval, least=95.0))
    false = sum(s.told - s.right for s in scores) / sum(s.minutes for s in scores)
    return [*figures, Figure("false events a minute", data, scheme, subjects, false)]


def evoked_figures(scores: Sequence[Score], data: str) -> list[Figure]:
    """Return responses found in percent, and events a minute between stimuli."""
    scheme, subjects = (
        "rest of one person in semi-real train",
        str(len({each.group for each in scores})),
    )
    value, _ = share(scores, "hit", "asked")
    false = sum(s.told - s.right for s in scores) / sum(s.minutes for s in scores)
    return [
        Figure("responses found, %", data, scheme, subjects, 100 * value, least=95.0),
        Figure("events a minute in the rest between", data, scheme, subjects, false, most=1.0),
    ]


def hour_s(spec: FeatureSpec) -> float:
    """Return the processor's seconds for an hour of noise and hum at 1 kHz."""
    rng = np.random.default_rng(0)
    samples = 5 * rng.standard_normal(3_600_000)
    samples += 3 * np.sin(2 * np.pi * 0.05001 * np.arange(len(samples)))
    for at in np.cumsum(rng.exponential(1500, size=2300)).astype(int):
        if at < len(samples) - 41:
            samples[at : at + 41] += 100 * np.hanning(41) * np.sin(np.arange(41) / 3 - 7)
    whole = Recording(samples[None], sampling_rate_hz=1000.0, modality="emg", unit="uV")
    found_in(
        Recording(samples[None, :20_000], sampling_rate_hz=1000.0, modality="emg", unit="uV"), spec
    )  # compiled before it is timed
    before = time.process_time()
    found_in(whole, spec)
    return time.process_time() - before


def run(layout: Layout) -> Outcome:
    """Run everything for which there is data."""
    config = yaml.safe_load((layout.root / "configs" / "emg.yaml").read_text(encoding="utf-8"))
    spec = FeatureSpec.model_validate(config["features"], strict=False)
    outcome = Outcome()
    scores = list(simulated(layout, spec))
    outcome.figures += found_and_right(scores, "simulated/test", "sites unseen, 1-100 uV of noise")
    data = os.environ.get("QUAVER_DATA")
    if data:
        scores = list(semireal(layout, spec))
        scheme = "people and units unseen"
        outcome.figures += found_and_right(scores, "semireal-fasciculation-test", scheme)
        folder = Path(data) / "tms-mep-continuous-emg"
        outcome.figures += evoked_figures(list(evoked(folder, spec)), folder.name)
    else:
        outcome.skipped.append("Semi-real and evoked: skipped, QUAVER_DATA names no folder.")
    outcome.figures.append(
        Figure(
            "an hour at 1 kHz, s", "noise and potentials", "one core", "", hour_s(spec), most=1.5
        )
    )
    return outcome


READING = (
    "An event counts as found within 25 ms. Sensitivity is of events at a peak of five times the"
    " local noise or more; intervals are 95 % bootstraps over subjects. A reader's rest between"
    " stimuli holds real discharges of the muscle: events there are an upper bound of false ones."
    " SPiQE (Bashford 2019) gives a sensitivity of 83.6 % and a specificity of 91.6 % for events of"
    " high-density EMG of eight people. No such recordings are public, and specificity"
    " needs a count of non-events, which long signals do not have: the figures here are of other"
    " data and another kind, and are not a comparison like for like."
)


def main() -> None:
    """Print the table, and write it down when nothing was skipped."""
    layout = Layout(REPOSITORY)
    outcome = run(layout)
    cells = [figure.cells for figure in outcome.figures]
    print(table(HEADER, cells), *outcome.skipped, READING, sep="\n\n")
    if outcome.skipped:
        print("docs/events.md was not written: something was skipped")
        return
    lines = ["# How well quaver finds single potentials", "", "Written by `make bench-events`;"]
    lines[-1] += " not by hand."
    lines += ["", STATEMENT, "", READING, "", markdown_table(HEADER, cells), ""]
    (layout.docs / "events.md").write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
