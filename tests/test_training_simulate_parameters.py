"""Parameters: how they are read, what a quantile is, and whose a draw is."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtri
from simulated import physiology, simulation

from features import ConfigError
from training.datasets.labelled import CLASSES
from training.simulate.artefacts import electrode_artefacts
from training.simulate.clonus import JOINTS, clonus
from training.simulate.lookalikes import LOOKALIKES, LOOKALIKES_IN_EMG, LOOKALIKES_IN_MOTION
from training.simulate.movements import MOVEMENTS, voluntary
from training.simulate.parameters import Draws, Parameter, Physiology
from training.simulate.people import Person
from training.simulate.recorder import with_gaps
from training.simulate.resting import resting as rest
from training.simulate.sites import draw_site
from training.simulate.tremor import KINDS, tremor
from training.simulate.twitches import RATES, fasciculation

# A value is computed in a few steps of double precision.
ROUNDING = 1e-12
# The intraclass correlation of 400 people with 8 recordings each scatters by about 0.02.
SHARE = 0.05
# Of 1000 draws, the share below the median scatters by 0.016.
MEDIAN_SHARE = 0.06

LINE = {"low": 1, "high": 9, "typical": 4, "unit": "Hz", "evidence": "A", "source": "made"}

ranges = st.lists(
    st.floats(min_value=1e-3, max_value=1e3), min_size=3, max_size=3, unique=True
).map(sorted)
scales = st.sampled_from(["linear", "log"])


def parameter(limits, scale):
    low, typical, high = limits
    return Parameter(
        low=low, typical=typical, high=high, unit="Hz", evidence="A", source="made", scale=scale
    )


def saved(folder, line):
    fields = ", ".join(f"{key}: {value}" for key, value in line.items() if value is not None)
    path = folder / "physiology.yaml"
    path.write_text(f"group:\n  one: {{{fields}}}\n", encoding="utf-8")
    return path


@given(ranges, scales)
def test_half_of_all_draws_lie_below_typical(limits, scale):
    """The median of a parameter is its typical value, on both scales."""
    assert limits[1] == pytest.approx(parameter(limits, scale).quantile(0.5), rel=ROUNDING)


@given(ranges, scales)
def test_draws_reach_both_limits(limits, scale):
    """The lowest and highest quantiles are the limits themselves."""
    drawn = parameter(limits, scale)

    assert [limits[0], limits[2]] == pytest.approx(
        [drawn.quantile(0.0), drawn.quantile(1.0)], rel=ROUNDING
    )


@given(ranges, scales, st.lists(st.floats(0, 1), min_size=2, max_size=9))
def test_quantiles_rise_and_stay_within_the_limits(limits, scale, shares):
    """A larger share never gives a smaller value, and no share a value outside."""
    values = [parameter(limits, scale).quantile(u) for u in sorted(shares)]

    assert sorted([limits[0], *values, limits[2]]) == [limits[0], *values, limits[2]]


@given(ranges, st.floats(0.01, 0.99))
def test_log_scale_is_the_linear_one_in_the_logarithm(limits, share):
    """Drawing on a log scale is drawing the logarithm evenly."""
    logs = [float(np.log(limit)) for limit in limits]

    expected = np.exp(parameter(logs, "linear").quantile(share))
    assert expected == pytest.approx(parameter(limits, "log").quantile(share), rel=1e-9)


def test_quantile_by_hand():
    """A quarter lies half way between low and typical, evenly or in the logarithm."""
    even, log = parameter((1.0, 4.0, 9.0), "linear"), parameter((1.0, 4.0, 9.0), "log")

    assert pytest.approx(
        [even.quantile(0.25), even.quantile(0.75), log.quantile(0.25), log.quantile(0.75)]
    ) == [2.5, 6.5, 2.0, 6.0]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"typical": 10}, "physiology.yaml: group.one: typical must lie between low and high"),
        ({"low": 5}, "physiology.yaml: group.one: typical must lie between low and high"),
        ({"low": 0, "scale": "log"}, "group.one: a log scale needs a positive low"),
        ({"evidence": "X"}, "group.one: evidence: Input should be 'S', 'D', 'M', 'K' or 'A'"),
        ({"evidence": None}, "group.one: evidence: Field required"),
        ({"source": None}, "group.one: source: Field required"),
        ({"scale": "cubic"}, "group.one: scale: Input should be 'linear' or 'log'"),
        ({"typicle": 3}, "group.one: typicle: Extra inputs are not permitted"),
        ({"low": "one"}, "group.one: low: Input should be a valid number"),
        ({"low": "true"}, "group.one: low: Input should be a valid number"),
        ({"high": ".inf"}, "group.one: high: Input should be a finite number"),
        ({"high": ".nan"}, "group.one: high: Input should be a finite number"),
    ],
)
def test_parameter_that_is_not_in_order_is_refused(tmp_path, change, sentence):
    """What is wrong with a parameter is said with the file, the parameter and the field."""
    path = saved(tmp_path, LINE | change)

    with pytest.raises(ConfigError) as refusal:
        Physiology.load(path)

    assert sentence in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "the file must be a group of parameters"),
        ("[1, 2]", "the file must be a group of parameters"),
        ("group: 5", "physiology.yaml: group must be a group of parameters"),
        ("group: {one: [1, 2]}", "physiology.yaml: group.one must be a group of parameters"),
        ("group: {one: ", "physiology.yaml is not YAML"),
    ],
)
def test_file_that_is_no_group_of_parameters_is_refused(tmp_path, text, sentence):
    """A file of another kind is refused with a sentence that names the place."""
    path = tmp_path / "physiology.yaml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(ConfigError, match=sentence):
        Physiology.load(path)


def test_missing_file_is_refused(tmp_path):
    """A file that is not there is named."""
    with pytest.raises(ConfigError, match=r"absent.yaml cannot be read: No such file"):
        Physiology.load(tmp_path / "absent.yaml")


def test_whole_numbers_are_read_as_numbers(tmp_path):
    """YAML writes five as an integer, and it is read like any other number."""
    one = Physiology.load(saved(tmp_path, LINE))["group.one"]

    assert (one.low, one.typical, one.high) == (1.0, 4.0, 9.0)


def test_every_parameter_says_why_it_is_believed():
    """Each shipped parameter has a source in words, and a computed one shows its numbers."""
    silent = [name for name, p in physiology().items() if len(p.source.strip(" -")) < 4]
    unshown = [
        name
        for name, p in physiology().items()
        if p.evidence == "D" and not any(sign.isdigit() for sign in p.source + p.note)
    ]

    assert (silent, unshown) == ([], [])


class Remembering(Physiology):
    """The shipped parameters, and which of them have been asked for."""

    def __init__(self):
        super().__init__(physiology())
        self.asked = set()

    def __getitem__(self, name):
        self.asked.add(name)
        return super().__getitem__(name)


def test_every_parameter_is_used_and_every_name_used_exists():
    """All kinds of recording, on all sensors, ask for all parameters and no other."""
    remembering = Remembering()
    lookalikes = LOOKALIKES | LOOKALIKES_IN_EMG | LOOKALIKES_IN_MOTION
    for modality in ("emg", "accelerometer", "gyroscope"):
        for seed in range(20):
            site = draw_site("site", modality, remembering, seed)
        someone = Person("one", 1, site, simulation(), remembering)
        for kind in sorted({"action_tremor", "clonus_unsustained", *lookalikes}):
            someone.recording(kind, 0)
    for number in range(25):
        draws = Draws(remembering, person_seed=2, recording_seed=number, between_share=0.8)
        for scene in (rest, fasciculation, partial(clonus, sustained=True)):
            scene(draws, 8.0, 0.1)
        for kind in KINDS:
            tremor(kind, draws, 8.0, 0.1)
        for kind in MOVEMENTS:
            voluntary(kind, draws, 8.0, 0.1)
        electrode_artefacts(1000, 1000.0, draws)
        with_gaps(np.zeros((1, 1000)), site, draws)
    # Of these, each recording draws one.
    remembering.asked |= {f"clonus.frequency_{joint}" for joint in JOINTS}
    remembering.asked |= {f"fasciculation.{rate}" for rate in RATES}

    assert set(physiology()) == remembering.asked


def draws(person_seed, recording_seed, between_share=0.8, electrode_share=None):
    return Draws(
        physiology(),
        person_seed=person_seed,
        recording_seed=recording_seed,
        between_share=between_share,
        electrode_share=electrode_share,
    )


def in_deviations(values, name):
    """Turn drawn values back into standard deviations from the middle."""
    grid = np.linspace(0.0005, 0.9995, 2000)
    quantiles = [physiology()[name].quantile(u) for u in grid]
    return ndtri(np.interp(values, quantiles, grid))


def share_between(name, between_share, electrode_share=None):
    """Return the intraclass correlation of a parameter that is drawn for 400 people."""
    values = np.array(
        [
            [draws(p, 10 * p + r, between_share, electrode_share)(name) for r in range(8)]
            for p in range(400)
        ]
    )
    z = in_deviations(values, name)
    within = z.var(axis=1, ddof=1).mean()
    between = z.mean(axis=1).var(ddof=1) - within / 8
    return between / (between + within)


@pytest.mark.parametrize("name", ["clonus.frequency_ankle", "rest.accelerometer_noise_density"])
@pytest.mark.parametrize("between_share", [0.5, 0.8, 0.95])
def test_people_differ_by_their_share_of_the_variance(name, between_share):
    """The intraclass correlation of a drawn parameter is the share that lies between people."""
    assert between_share == pytest.approx(share_between(name, between_share), abs=SHARE)


@pytest.mark.parametrize("name", ["rest.semg_tone_rms", "tremor.emg_rms_amplitude"])
def test_what_electrodes_see_differs_by_a_share_of_its_own(name):
    """Electrodes are put on anew: what they see owes its own share to the person."""
    assert share_between(name, 0.8, 0.3) == pytest.approx(0.3, abs=SHARE)


def test_half_of_all_recordings_lie_below_typical():
    """Over people and recordings, too, the median is the typical value."""
    name = "tremor.parkinsonian_rest.frequency"
    values = [draws(p, p)(name) for p in range(1000)]

    share = np.mean(np.array(values) < physiology()[name].typical)
    assert pytest.approx(share, abs=MEDIAN_SHARE) == 0.5


def test_level_of_a_person_depends_on_nothing_that_was_drawn_before():
    """A person's level is the same in every recording, whatever was asked for earlier."""
    first, second = draws(7, 1), draws(7, 2)
    second("body.lever")
    second.fresh("clonus.pause_between_runs")
    second.chance(0.5)

    assert first.level("muscle.depth") == second.level("muscle.depth")


def test_people_have_levels_of_their_own():
    """Levels differ from person to person, and from parameter to parameter of one person."""
    levels = {draws(p, 0).level("muscle.depth") for p in range(20)}
    names = list(physiology())[:9]
    shares = {round(in_deviations(draws(3, 0).level(n), n).item(), 6) for n in names}

    assert len(levels) == 20
    assert len(shares) > 6


def test_same_seeds_give_the_same_draws():
    """Person and recording fix every draw."""
    one, other = draws(3, 4), draws(3, 4)

    assert [one("body.lever") for _ in range(5)] == [other("body.lever") for _ in range(5)]


def test_single_events_owe_nothing_to_the_person():
    """A fresh draw follows the parameter's own distribution, whoever the person is."""
    name = "rest.small_jerk_peak"
    someone = draws(11, 1)
    below = np.mean([someone.fresh(name) < physiology()[name].typical for _ in range(1000)])

    assert pytest.approx(below, abs=MEDIAN_SHARE) == 0.5


def test_look_alikes_are_no_classes():
    """No look-alike bears the name of a class."""
    lookalikes = LOOKALIKES | LOOKALIKES_IN_EMG | LOOKALIKES_IN_MOTION

    assert set() == set(lookalikes) & set(CLASSES)
