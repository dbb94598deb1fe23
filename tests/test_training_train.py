"""Training: deterministic, honest, and refusing what cannot be learnt from."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import lightgbm
import numpy as np
import pytest
from feature_tables import separable_table, small_config

from features import SignalError
from serving.classifier import softmax
from training.fit import assemble, cross_fit, fit_booster, targets_of
from training.model_card import model_card
from training.provenance import data_sha256
from training.search import search
from training.table import join
from training.train import fold_classifiers, judge_folds, judge_table, train


@pytest.fixture(scope="module")
def trained():
    """A classifier of a table that can be learnt."""
    config = small_config()
    return train(separable_table(config), config, "made up")


def test_the_same_data_and_seed_give_the_same_text():
    """Two trainings of the same table write the same trees, byte by byte."""
    config = small_config()
    first, second = (train(separable_table(config), config, "made up").classifier for _ in range(2))
    assert first.booster.model_to_string() == second.booster.model_to_string()
    assert first.card.calibration == second.card.calibration
    assert first.card.conformal == second.card.conformal
    assert np.array_equal(first.reference.prototypes, second.reference.prototypes)


def test_another_seed_gives_another_text():
    """The seed of the configuration is the one that is used."""
    texts = set()
    for seed in (1, 2):
        config = small_config(seed=seed)
        texts.add(train(separable_table(config), config, "x").classifier.booster.model_to_string())
    assert len(texts) == 2


def test_a_table_that_can_be_learnt_is_learnt(trained):
    """Held-out subjects are labelled right, far above chance."""
    assert trained.report["figures"]["macro_f1"]["value"] > 0.8


def test_every_window_is_judged_once_by_a_model_that_had_not_seen_its_subject(trained):
    """Each fold's trees are those that the windows of all other subjects give, and no others."""
    config = small_config()
    table = separable_table(config)
    assert sorted(table.ids) == sorted(trained.ids)
    for k, model in enumerate(trained.fold_models):
        others = table[~np.isin(table.groups, trained.judged.groups[trained.folds == k])]
        trees = fit_booster(
            others.features.values,
            targets_of(others, config.classes),
            others.features.columns,
            config,
            config.training.booster,
        )
        assert trees.model_to_string() == model.booster.model_to_string()


def test_labels_at_random_are_not_learnt():
    """With shuffled labels held-out subjects are labelled no better than by chance.

    It would be otherwise if anything of a subject leaked across folds.
    """
    config = small_config()
    table = separable_table(config, n_groups=12)
    rng = np.random.default_rng(3)
    by_person = np.stack([rng.permutation(5) for _ in range(12)])
    index = np.array([config.classes.index(label) for label in table.labels])
    person = np.unique(table.groups, return_inverse=True)[1]
    table.labels[:] = np.array(config.classes)[by_person[person, index]]
    judged = train(table, config, "shuffled").judged
    top = np.array(config.classes)[judged.probabilities.argmax(axis=1)]
    assert (top == judged.labels).mean() == pytest.approx(0.2, abs=0.12)


def strange_table(config, *, n_windows=60, seed=3):
    """Return foreign windows: in two columns that name no class they are unlike the others."""
    table = separable_table(config, n_groups=2, windows_each=n_windows // 10, seed=seed)
    table.features.values[:, 10:12] += 4.0
    labels = np.full(len(table), "foreign_noise")
    return replace(table, labels=labels, groups=np.full(len(table), "foreign signals"))


def test_outliers_are_told_from_the_windows_of_unseen_people():
    """The detector knows outliers that it has not met, and keeps its rate of false alarms."""
    config = small_config(oddness_false_alarm_rate=0.02)
    table, strange = separable_table(config), strange_table(config)
    classifier = train(join([table, strange]), config, "x").classifier
    threshold = classifier.card.novelty.oddness_threshold

    unseen = classifier.oddness(strange_table(config, seed=4).features.values)
    others = classifier.oddness(separable_table(config, seed=5).features.values)

    assert (unseen > threshold).mean() > 0.9
    assert (others > threshold).mean() < 0.1


def test_outliers_leave_the_classes_as_they_were():
    """Trees and calibration are the same whether a detector was shown outliers or not."""
    config = small_config()
    table = separable_table(config)
    alone = train(table, config, "x").classifier
    beside = train(join([table, strange_table(config)]), config, "x").classifier

    assert alone.booster.model_to_string() == beside.booster.model_to_string()
    assert alone.card.calibration == beside.card.calibration


def test_without_outliers_no_window_is_odder_than_another():
    """A detector that was shown nothing else finds nothing odd."""
    config = small_config()
    table = separable_table(config)
    classifier = train(table, config, "x").classifier

    oddness = classifier.oddness(table.features.values)

    assert not (oddness > classifier.card.novelty.oddness_threshold).any()


def test_the_detector_of_a_fold_has_not_met_its_people():
    """Outliers of held-out people are not shown to the model that judges those people."""
    config = small_config()
    table = separable_table(config)
    strange = strange_table(config)
    with ThreadPoolExecutor(2) as pool:
        boosters = [config.training.booster] * 3
        without = cross_fit(table, config, boosters, pool)
        person = without.table.groups[without.held_out[0]][0]
        own = replace(strange, groups=np.full(len(strange), person))
        crossed = cross_fit(table, config, boosters, pool, outliers=own)

    texts = [[m.detector.model_to_string() for m in c.models] for c in (without, crossed)]
    assert texts[0][0] == texts[1][0]
    assert texts[0][1] != texts[1][1]


def test_a_fold_is_calibrated_on_the_other_folds_alone():
    """Changing the scores of one fold changes nothing of the classifier that judges it."""
    config = small_config()
    table = separable_table(config)
    with ThreadPoolExecutor(2) as pool:
        crossed = cross_fit(table, config, [config.training.booster] * 3, pool)
    provenance = train(table, config, "x").classifier.card.provenance
    held_out = crossed.held_out[0]

    def card():
        return assemble(crossed.models[0], crossed, ~held_out, config, provenance, {}).card

    before = card()
    crossed.scores[held_out] += 100 * np.random.default_rng(0).normal(size=(held_out.sum(), 5))
    crossed.distances[held_out] += 100
    crossed.oddness[held_out] += 100
    assert before == card()


def test_answers_of_folds_come_from_the_classifier_that_serves():
    """What judge_folds reports of a fold is what that fold's classifier answers."""
    config = small_config()
    table = separable_table(config)
    with ThreadPoolExecutor(2) as pool:
        crossed = cross_fit(table, config, [config.training.booster] * 3, pool)
    provenance = train(table, config, "x").classifier.card.provenance
    judged = judge_folds(crossed, fold_classifiers(crossed, config, provenance))
    held_out = crossed.held_out[0]
    classifier = assemble(crossed.models[0], crossed, ~held_out, config, provenance, {})
    alone = judge_table(classifier, table[held_out])
    assert np.array_equal(alone.answers, judged.answers[: held_out.sum()])


def test_unusable_and_unclear_windows_are_not_trained_on():
    """Flagged windows and labels that are no class leave the model as if they were not there."""
    config = small_config()
    table = separable_table(config)
    reference = train(table, config, "x").classifier.booster.model_to_string()
    more = separable_table(config, n_groups=2, seed=9)
    more.labels[:] = np.where(np.arange(len(more)) % 2, "unclear", more.labels)
    more.features.quality.flagged[::2, 1] = True
    joined = train(join([table, more]), config, "x").classifier.booster.model_to_string()
    assert reference == joined


def test_the_card_tells_data_and_validation(trained):
    """No figure in a card stands without what it was measured on, and how."""
    metrics = trained.classifier.card.metrics
    assert metrics["validation"] == "3 folds, split by subject"
    assert metrics["data"] == "made up"
    assert {"value", "low", "high"} == set(metrics["macro_f1"])


def test_a_card_has_the_pairs_of_classes_that_its_configuration_names(trained):
    """Between these, doubt counts earlier; the card's text says so to a reviewer."""
    (pair,) = trained.classifier.card.conformal.pairs
    assert (pair,) == small_config().training.candidate_pairs
    text = model_card(trained.classifier, trained.report)
    assert "Beside clonus or tremor, the other of the two is a candidate from 22% on" in text


def test_a_card_leaves_empty_what_there_is_not(trained):
    """Nobody was called clonus: its precision is no number, and no NaN either."""
    nothing = dict.fromkeys(("value", "low", "high"), float("nan"))
    figures = trained.report["figures"] | {"precision__clonus": nothing}
    text = model_card(trained.classifier, trained.report | {"figures": figures})
    assert "| precision, clonus |  |  |\n" in text
    assert "nan" not in text.lower()


def test_a_missing_class_is_named():
    """A class without a window is refused, with the way out."""
    config = small_config()
    table = separable_table(config)
    with pytest.raises(SignalError, match="no usable window of clonus; add some, or take"):
        train(table[table.labels != "clonus"], config, "x")


def test_a_class_of_one_subject_is_refused_by_its_name():
    """The fold that leaves this subject out would know nothing of the class."""
    config = small_config()
    table = separable_table(config)
    with pytest.raises(SignalError, match=r"clonus is known from 1 subject alone.* fold leaves"):
        train(table[(table.labels != "clonus") | (table.groups == "person00")], config, "x")


def test_one_subject_only_is_refused():
    """Training on one person says how many are needed."""
    config = small_config()
    table = separable_table(config)
    with pytest.raises(SignalError, match="holds 1 subject; 3 folds"):
        train(table[table.groups == "person00"], config, "x")


def test_no_usable_window_at_all_is_refused():
    """A table of nothing but unclear windows says so."""
    config = small_config()
    table = separable_table(config)
    table.labels[:] = "unclear"
    with pytest.raises(SignalError, match="no window is usable and labelled with one of"):
        train(table, config, "x")


def test_class_weights_do_not_depend_on_how_many_windows_a_class_has():
    """A class with a tenth of the windows is still found."""
    config = small_config()
    table = separable_table(config, windows_each=20)
    rare = (table.labels != "tremor") | (np.arange(len(table)) % 10 == 0)
    report = train(table[rare], config, "x").report
    assert report["figures"]["recall__tremor"]["value"] > 0.8


def test_the_data_hash_sees_every_part_of_a_table():
    """A changed value, label or group changes the hash; nothing else does."""
    config = small_config()
    hashes = {data_sha256(separable_table(config)), data_sha256(separable_table(config))}
    assert len(hashes) == 1
    for field in ("labels", "groups"):
        table = separable_table(config)
        getattr(table, field)[0] = getattr(table, field)[-1]
        hashes.add(data_sha256(table))
    table = separable_table(config)
    table.features.values[0, 0] += 1e-9
    hashes.add(data_sha256(table))
    assert len(hashes) == 4


def test_search_finds_better_parameters_than_bad_ones():
    """Starting from trees that cannot learn, the search leaves them behind, the same each time."""
    config = small_config(search={"enabled": True, "trials": 6, "inner_folds": 2})
    poor = config.training.booster.model_copy(update={"num_iterations": 1, "learning_rate": 0.001})
    training = config.training.model_copy(update={"booster": poor})
    config = config.model_copy(update={"training": training})
    table = separable_table(config, n_groups=4, windows_each=4)
    first, again = (search(table, config, 0, "search") for _ in range(2))
    assert first == again
    assert first.booster.learning_rate > poor.learning_rate
    assert len(first.losses) == 6


def test_search_inside_the_folds_trains_a_model_of_its_parameters():
    """With search on, each fold and the final model have parameters of their own choosing."""
    config = small_config(search={"enabled": True, "trials": 2, "inner_folds": 2})
    trained = train(separable_table(config, n_groups=6), config, "x")
    assert len(trained.boosters) == 4
    assert trained.report["figures"]["macro_f1"]["value"] > 0.5


def test_booster_scores_are_those_of_its_text():
    """Trees that were written as text and read again give the same scores to the last bit."""
    config = small_config()
    table = separable_table(config)
    targets = targets_of(table, config.classes)
    booster = fit_booster(
        table.features.values, targets, table.features.columns, config, config.training.booster
    )
    again = lightgbm.Booster(model_str=booster.model_to_string())
    values = table.features.values
    assert np.array_equal(
        booster.predict(values, raw_score=True), again.predict(values, raw_score=True)
    )
    assert np.isfinite(softmax(booster.predict(values, raw_score=True))).all()
