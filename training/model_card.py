"""Model card: what a person should know of a model before using it, as Markdown."""

from typing import Any

from serving.card import DISCLAIMER, RateLimit
from serving.classifier import Classifier
from training.tables import number


def model_card(classifier: Classifier, report: dict[str, Any]) -> str:
    """Return the card of a classifier as Markdown."""
    card = classifier.card
    provenance = card.provenance
    lines = [
        f"# {card.name}",
        "",
        f"**{DISCLAIMER.capitalize()}.** {card.intended_use}",
        "",
        (
            f"- Input: windows of {card.spec.window_s:g} s, {card.modality},"
            f" sampled at {card.spec.minimum_rate_hz:g} Hz or more"
        ),
        f"- Answers: {', '.join(card.classes)}, or undecided",
        (
            f"- Trained on: {provenance.data}; {provenance.n_windows} windows of"
            f" {provenance.n_groups} subjects"
        ),
        f"- Validation: {card.metrics['validation']}",
        (
            f"- Candidate sets at {card.conformal.level:.0%}; windows unlike training at a"
            f" false-alarm rate of {card.novelty.false_alarm_rate:.1%}"
        ),
        *(
            f"- Beside {' or '.join(pair.classes)}, the other of the two is a candidate from"
            f" {pair.threshold:.0%} on"
            for pair in card.conformal.pairs
        ),
        f"- Features: {len(card.columns)} columns, their fingerprint `{card.fingerprint[:16]}`",
        f"- Named in its records by the fingerprint `{classifier.fingerprint[:16]}`",
        f"- Commit: {provenance.git_commit or 'unknown'}",
        "",
        "## Figures",
        "",
        (
            f"Data: {card.metrics['data']}. Validation: {card.metrics['validation']}."
            " Intervals: 95 % bootstrap over subjects. Recall and precision are among decided"
            " windows."
        ),
        "",
        "| figure | value | interval |",
        "| --- | --- | --- |",
    ]
    for name, figure in _main_first(report["figures"]).items():
        value, low, high = (number(figure[key]) for key in ("value", "low", "high"))
        interval = f"{low} to {high}" if low else ""
        lines.append(f"| {name.replace('__', ', ')} | {value} | {interval} |")
    coverage = report["coverage"]
    lines += [
        f"| expected calibration error | {number(report['expected_calibration_error'])} | |",
        f"| coverage, mean over subjects | {number(coverage['mean'])} | |",
        f"| coverage, worst subject | {number(coverage['worst'])} | |",
        "",
        "## Answers by label",
        "",
        *_confusion(report["confusion"]),
        "",
        "## Limits",
        "",
        (
            "- Fasciculation and clonus have never been validated on recordings of people: no"
            " public recordings exist."
        ),
        *(
            ["- Nor has tremor by EMG: no recordings were at hand."]
            if card.spec.modality == "emg"
            else []
        ),
        (
            "- Steady clonus and steady tremor can look alike in a short window; the answer is then"
            " undecided with both as candidates."
        ),
        *(_rate_limit(limit) for limit in card.rate_limits),
    ]
    return "\n".join(lines) + "\n"


def _rate_limit(limit: RateLimit) -> str:
    names = " and ".join(limit.classes)
    if limit.dominant_frequency_share is None:
        return f"- Below {limit.below_hz:g} Hz {names} are not answered."
    return (
        f"- Below {limit.below_hz:g} Hz {names} are not answered when the rhythm is faster than"
        f" {limit.dominant_frequency_share:g} of the sampling rate."
    )


def _main_first(figures: dict[str, Any]) -> dict[str, Any]:
    return {name: figures[name] for name in ("macro_f1", "accuracy")} | figures


def _confusion(matrix: dict[str, dict[str, int]]) -> list[str]:
    answers = list(next(iter(matrix.values())))
    rows = [
        f"| label | {' | '.join(answers)} |",
        f"| --- |{' --- |' * len(answers)}",
    ]
    for label, counts in matrix.items():
        rows.append(f"| {label} | {' | '.join(str(counts[a]) for a in answers)} |")
    return rows
