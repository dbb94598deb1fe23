"""The classifier: from features and scores to labels, candidates and reasons."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from features import FLAGS, SignalError, Windows, extract
from serving.card import Calibration, Check, Conformal, Novelty, RateLimit
from serving.classifier import REASONS, UNDECIDED, softmax
from serving.novelty import Reference
from training.calibrate import conformal_thresholds

MODALITIES = ("emg", "accelerometer", "gyroscope")
CLASSES = ("fasciculation", "clonus", "tremor", "voluntary", "rest")

SURE = (0.01, 0.02, 0.94, 0.02, 0.01)
TORN = (0.01, 0.4, 0.5, 0.05, 0.04)
LOST = (0.18, 0.19, 0.21, 0.21, 0.21)

CHECK = Check(
    kind="shivering",
    marks=("dominant_frequency",),
    limits={},
    thresholds={"tremor": 1.0},
    false_alarm_rates={"tremor": 0.01},
)

ROUNDING = 1e-9
"""Relative; sums of a few hundred terms of double precision."""
DISTANCE_ROUNDING = 1e-5
"""Distances are differences of large squares, and a batch is multiplied in another order."""


class FixedScores:
    """Trees that answer what a test wants them to."""

    def __init__(self, probabilities):
        self.raw = np.log(np.array(probabilities, dtype=float))

    def predict(self, values, **_):
        """Return a score for each row."""
        return self.raw[: len(values)]


class FixedOddness:
    """A detector that finds windows as odd as a test wants them to be."""

    def __init__(self, oddness):
        self.oddness = np.array(oddness, dtype=float)

    def predict(self, values, **_):
        """Return the log odds of each row."""
        return self.oddness[: len(values)]


class FixedDistances:
    """A reference from which windows lie as far as a test wants them to."""

    def __init__(self, distances):
        self.distances = np.array(distances, dtype=float)

    def distance(self, values, neighbours):
        """Return a distance for each row."""
        del neighbours
        return self.distances[: len(values)]


@pytest.fixture
def tremor_table(tiny_of, mixture_of):
    """Features of windows of an accelerometer: rest, tremor, clonus, twitches and movement."""
    windows = Windows(
        mixture_of("accelerometer", 100.0),
        sampling_rate_hz=100.0,
        modality="accelerometer",
        unit="g",
    )
    return extract(windows, tiny_of("accelerometer").card.spec)


@pytest.fixture
def judge(tiny_of, tremor_table):
    """Judge the first windows of the mixture by given probabilities, thresholds and distances."""

    def judged(
        *probabilities,
        threshold=0.3,
        distances=(0.0,) * 8,
        oddness=(-9.0,) * 8,
        alike=(-9.0,) * 8,
        flagged=None,
        limits=(),
        rate_hz=100.0,
    ):
        tiny = tiny_of("accelerometer")
        card = tiny.card.model_copy(
            update={
                "classes": CLASSES,
                "calibration": Calibration(temperature=1.0, biases=(0.0,) * 5),
                "conformal": Conformal(level=0.9, thresholds=(threshold,) * 5),
                "novelty": Novelty(
                    neighbours=1,
                    threshold=10.0,
                    false_alarm_rate=0.01,
                    oddness_threshold=-2.0,
                    oddness_false_alarm_rate=0.01,
                    exposed_to=(),
                ),
                "checks": (CHECK,),
                "rate_limits": tuple(limits),
            }
        )
        classifier = replace(
            tiny,
            card=card,
            booster=FixedScores(probabilities),
            detector=FixedOddness(oddness),
            reference=FixedDistances(distances),
            checks=(FixedOddness(alike),),
        )
        n = len(probabilities)
        quality = tremor_table.quality
        flags = np.zeros((n, len(FLAGS)), dtype=bool) if flagged is None else np.array(flagged)
        quality = replace(quality, flagged=flags, gap_fraction=flags[:, 0] * 0.1)
        table = replace(tremor_table, values=tremor_table.values[:n], quality=quality)
        return classifier.judge(table, rate_hz)

    return judged


# Candidate sets


def test_one_candidate_is_the_label(judge):
    """A window with one candidate gets its name, and no reason."""
    answer = judge(SURE)

    assert answer.labels.tolist() == ["tremor"]
    assert answer.candidates == (("tremor",),)
    assert answer.reasons == (None,)


def test_several_candidates_are_undecided(judge):
    """A window with several candidates is undecided and names them in the order of the classes."""
    answer = judge(TORN)

    assert answer.labels.tolist() == [UNDECIDED]
    assert answer.candidates == (("clonus", "tremor"),)
    assert answer.reasons == ("several_candidates",)


def test_where_no_class_stands_out_the_two_most_probable_are_candidates(judge):
    """A class that reaches no threshold and has no majority either is not told alone."""
    answer = judge((0.1, 0.2, 0.26, 0.24, 0.2))

    assert answer.labels.tolist() == [UNDECIDED]
    assert answer.candidates == (("tremor", "voluntary"),)


def test_a_probability_that_equals_its_threshold_reaches_it(judge):
    """Thresholds are part of what they admit."""
    answer = judge((0.25, 0.5, 0.125, 0.0625, 0.0625), threshold=0.125)

    assert answer.candidates == (("fasciculation", "clonus", "tremor"),)


def test_thresholds_admit_the_promised_share(rng):
    """Of the windows that thresholds come from, at least the level is among its own candidates."""
    targets = rng.integers(0, 5, size=2000)
    scores = rng.normal(size=(2000, 5))
    scores[np.arange(2000), targets] += 1.5
    probabilities = softmax(scores)

    conformal = conformal_thresholds(probabilities, targets, 0.9)

    admitted = probabilities >= np.array(conformal.thresholds)
    own = [admitted[targets == k, k].mean() for k in range(5)]
    assert 0.9 <= np.mean(own) < 0.91


def test_a_class_of_too_few_windows_is_always_a_candidate():
    """Nine windows cannot promise 95 %, so their class is never ruled out."""
    probabilities = np.tile((0.9, 0.1), (9, 1))

    assert conformal_thresholds(probabilities, np.zeros(9, dtype=int), 0.95).thresholds[0] == 0.0


# Reasons


@pytest.mark.parametrize("first", range(len(FLAGS)))
def test_the_first_flag_of_quality_is_the_reason(judge, first):
    """Flags rank gap, flat, clipped, mains; all that hold are listed."""
    flagged = [[i >= first for i in range(len(FLAGS))]]

    answer = judge(SURE, flagged=flagged)

    assert answer.reasons == (FLAGS[first],)
    assert answer.flags == (FLAGS[first:],)
    assert answer.labels.tolist() == [UNDECIDED]


def test_a_window_far_from_training_is_unlike_it(judge):
    """Beyond the threshold of novelty a window is undecided; on it, it is not yet."""
    answer = judge(SURE, SURE, distances=(10.0, 10.1))

    assert answer.reasons == (None, "unlike_training")
    assert answer.labels.tolist() == ["tremor", UNDECIDED]
    assert answer.candidates == (("tremor",), ("tremor",))


def test_an_odd_window_is_unlike_training_however_near(judge):
    """Beyond the threshold of oddness a window is undecided; on it, it is not yet."""
    answer = judge(SURE, SURE, oddness=(-2.0, -1.9))

    assert answer.reasons == (None, "unlike_training")
    assert answer.labels.tolist() == ["tremor", UNDECIDED]


def test_a_look_alike_of_what_it_would_be_called_is_undecided(judge):
    """Beyond the threshold of its own answer a window is undecided, and keeps its candidate."""
    at_rest = (0.01, 0.01, 0.01, 0.01, 0.96)

    answer = judge(SURE, at_rest, alike=(1.1, 9.0))

    assert answer.reasons == ("look_alike", None)
    assert answer.labels.tolist() == [UNDECIDED, "rest"]
    assert answer.candidates == (("tremor",), ("rest",))


def test_a_check_is_not_asked_where_several_classes_fit(judge):
    """The reason of a window in doubt is the doubt, whatever a check would say."""
    assert judge(TORN, alike=(9.0,)).reasons == ("several_candidates",)


def test_reasons_rank_quality_novelty_candidates_rate_look_alike(judge):
    """Of several reasons the one that says most about the signal is given."""
    limit = RateLimit(below_hz=500.0, classes=CLASSES)
    clipped = [[False, False, True, False]] + [[False] * 4] * 3

    answer = judge(
        *(TORN, TORN, TORN, SURE),
        distances=(11, 11, 1, 1),
        alike=(9.0,) * 4,
        flagged=clipped,
        limits=[limit],
    )

    assert answer.reasons == ("clipped", "unlike_training", "several_candidates", "rate_too_low")


@pytest.mark.parametrize(
    ("rate_hz", "probabilities", "expected"),
    [
        (100.0, SURE, None),
        (40.0, SURE, None),
        (39.9, SURE, None),  # 5.3 Hz is at most 0.4 of the rate
        (13.0, SURE, "rate_too_low"),
        (13.0, (0.01, 0.01, 0.01, 0.96, 0.01), None),
    ],
)
def test_a_slow_signal_cannot_tell_a_fast_rhythm(judge, rate_hz, probabilities, expected):
    """Below a rate, some classes are answered for slow rhythms only."""
    limit = RateLimit(below_hz=40.0, classes=("tremor", "clonus"), dominant_frequency_share=0.4)

    answer = judge(SURE, probabilities, limits=[limit], rate_hz=np.array([100.0, rate_hz]))

    assert answer.reasons == (None, expected)  # the second window trembles at 5.3 Hz


def test_a_limit_without_a_share_holds_for_every_rhythm(judge):
    """Below a rate, a class may not be told at all."""
    limit = RateLimit(below_hz=500.0, classes=("fasciculation",))
    twitch = (0.96, 0.01, 0.01, 0.01, 0.01)

    assert judge(twitch, SURE, limits=[limit]).reasons == ("rate_too_low", None)


def test_reasons_are_a_closed_list():
    """The list of reasons is part of the contract."""
    assert set(FLAGS) < set(REASONS)
    assert set(REASONS) - set(FLAGS) == {
        "too_short",
        "rate_too_low",
        "several_candidates",
        "unlike_training",
        "look_alike",
    }


# Windows


@pytest.mark.parametrize("modality", MODALITIES)
def test_a_short_window_is_undecided(tiny_of, modality):
    """Three seconds are too short: nothing is computed, nothing is ruled out."""
    tiny = tiny_of(modality)
    rate = tiny.card.spec.sampling_rate_hz
    unit = "uV" if modality == "emg" else {"accelerometer": "g"}.get(modality, "deg/s")
    samples = np.ones((2, 1, round(3 * rate)))

    answer = tiny.predict(Windows(samples, sampling_rate_hz=rate, modality=modality, unit=unit))

    assert answer.reasons == ("too_short", "too_short")
    assert answer.labels.tolist() == [UNDECIDED, UNDECIDED]
    assert answer.candidates == ((), ())
    assert np.isnan(answer.probabilities).all()
    assert answer.feature(0, "dominant_frequency") is None


def test_a_window_may_fall_one_sample_short(tiny_of, rng):
    """Rates are not always round: 255 samples at 64 Hz are four seconds."""
    samples = rng.normal(size=(1, 3, 255))
    windows = Windows(samples, sampling_rate_hz=64.0, modality="accelerometer", unit="g")

    assert tiny_of("accelerometer").predict(windows).reasons != ("too_short",)


def test_a_long_window_is_refused(tiny_of):
    """A classifier answers windows, and points to where recordings are cut."""
    windows = Windows(
        np.ones((1, 1, 500)), sampling_rate_hz=100.0, modality="accelerometer", unit="g"
    )

    with pytest.raises(SignalError, match=r"last 5 s; they must last 4 s .*Recording.windows"):
        tiny_of("accelerometer").predict(windows)


@pytest.mark.parametrize("n_samples", [100, 400])
def test_windows_of_another_modality_are_refused(tiny_of, n_samples):
    """A model answers its own modality, however short the window."""
    windows = Windows(
        np.ones((1, 1, n_samples)), sampling_rate_hz=100.0, modality="gyroscope", unit="deg/s"
    )

    with pytest.raises(SignalError, match="of gyroscope; this model is for accelerometer"):
        tiny_of("accelerometer").predict(windows)


def test_a_gap_leaves_its_neighbours_alone(tiny_of, mixture_of):
    """A window with missing samples has no probabilities; the others answer as they would."""
    samples = np.array(mixture_of("accelerometer", 100.0))
    whole = {"sampling_rate_hz": 100.0, "modality": "accelerometer", "unit": "g"}
    tiny = tiny_of("accelerometer")
    before = tiny.predict(Windows(samples, **whole))
    samples[1, 0, 10:20] = np.nan

    answer = tiny.predict(Windows(samples, **whole))

    others = np.arange(8) != 1
    assert answer.reasons[1] == "gap"
    assert answer.candidates[1] == ()
    assert np.isnan(answer.probabilities[1]).all()
    assert np.array_equal(answer.probabilities[others], before.probabilities[others])


@pytest.mark.parametrize("modality", MODALITIES)
def test_batch_equals_one_by_one(tiny_of, unseen_of, modality):
    """What a window is answered does not depend on its company."""
    tiny = tiny_of(modality)
    windows = unseen_of(modality)[0].windows[:12]

    together = tiny.predict(windows)

    for i in range(len(windows)):
        alone = tiny.predict(windows[i : i + 1])
        assert alone.labels[0] == together.labels[i]
        assert alone.candidates[0] == together.candidates[i]
        assert alone.reasons[0] == together.reasons[i]
        assert np.array_equal(alone.probabilities[0], together.probabilities[i], equal_nan=True)
        assert alone.distances[0] == pytest.approx(together.distances[i], rel=DISTANCE_ROUNDING)


def test_no_windows_are_no_answers(tiny_of):
    """An empty batch is answered by an empty one."""
    windows = Windows(
        np.zeros((0, 3, 400)), sampling_rate_hz=100.0, modality="accelerometer", unit="g"
    )

    answer, contributions = tiny_of("accelerometer").contributions(windows)

    assert len(answer) == 0
    assert answer.probabilities.shape == (0, len(tiny_of("accelerometer").card.classes))
    assert contributions.shape[0] == 0


# Probabilities and contributions


@pytest.mark.parametrize("modality", MODALITIES)
def test_probabilities_sum_to_one(tiny_of, unseen_of, modality):
    """Probabilities are of exclusive classes."""
    for batch in unseen_of(modality):
        answer = tiny_of(modality).predict(batch.windows)
        known = ~np.isnan(answer.probabilities).any(axis=1)
        assert answer.probabilities[known].sum(axis=1) == pytest.approx(1.0, rel=ROUNDING)


def test_softmax_of_large_scores_is_finite():
    """Scores of any size give probabilities."""
    assert softmax(np.array([[1e4, -1e4], [-1e4, -1e4]])).tolist() == [[1.0, 0.0], [0.5, 0.5]]


@pytest.mark.parametrize("modality", MODALITIES)
def test_contributions_sum_to_the_score(tiny_of, unseen_of, modality):
    """What features add, with the expectation, is the raw score of each class."""
    tiny = tiny_of(modality)
    answer, contributions = tiny.contributions(unseen_of(modality)[0].windows[:20])

    scores = tiny.scores(answer.features.values)

    n_classes = len(tiny.card.classes)
    assert contributions.shape == (len(answer), n_classes, len(tiny.card.columns) + 1)
    assert contributions.sum(axis=2) == pytest.approx(scores, rel=1e-6, abs=1e-9)


def test_an_undefined_feature_is_none(tiny_of):
    """A silent window has no dominant frequency, and says so."""
    windows = Windows(
        np.ones((1, 1, 400)), sampling_rate_hz=100.0, modality="accelerometer", unit="g"
    )

    answer = tiny_of("accelerometer").predict(windows)

    assert answer.feature(0, "dominant_frequency") is None
    assert answer.reasons == ("flat",)


def test_distance_of_a_prototype_from_itself_is_nothing(rng):
    """Windows that a model was trained on lie at no distance, also undefined features."""
    values = rng.normal(size=(40, 6))
    values[::7, 2] = np.nan

    reference = Reference.of(values, most=40, rng=rng)

    assert reference.distance(values, neighbours=1) == pytest.approx(0.0, abs=1e-3)


def test_distance_grows_with_each_odd_feature(rng):
    """A window is the farther, the more of its features are unlike training."""
    values = rng.normal(size=(300, 6))
    reference = Reference.of(values, most=300, rng=rng)
    strange = np.zeros((7, 6))
    for k in range(7):
        strange[k, :k] = 50.0

    distances = reference.distance(strange, neighbours=5)

    assert all(a < b for a, b in pairwise(distances))


def test_fewer_prototypes_than_neighbours_are_enough(rng):
    """A model of three windows measures its distances from three."""
    values = rng.normal(size=(3, 4))

    assert np.isfinite(Reference.of(values, most=3, rng=rng).distance(values, neighbours=5)).all()
