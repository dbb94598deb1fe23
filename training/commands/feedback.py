"""The feedback commands: what has been kept, and how a subject's windows are removed again."""

from collections import Counter
from pathlib import Path

import pyarrow.compute as pc
from pyarrow import parquet

from features import ConfigError
from serving.feedback import PART
from training.datasets.feedback import feedback_files, feedback_table
from training.tables import table


def list_feedback(folder: Path) -> str:
    """Return a table of what is kept: a row for each subject and modality."""
    labels: dict[tuple[str, str], Counter[str]] = {}
    agreed: Counter[tuple[str, str]] = Counter()
    for path in feedback_files(folder):
        for row in feedback_table(path, ["subject", "label", "answer"]).to_pylist():
            key = (row["subject"], path.parent.name)
            labels.setdefault(key, Counter())[row["label"]] += 1
            agreed[key] += row["label"] == row["answer"]
    if not labels:
        return f"nothing is kept in {folder}"
    rows = [
        [
            subject,
            modality,
            counts.total(),
            agreed[subject, modality],
            ", ".join(f"{label} {n}" for label, n in sorted(counts.items())),
        ]
        for (subject, modality), counts in sorted(labels.items())
    ]
    return table(["subject", "modality", "windows", "as the model", "labels"], rows)


def forget(subject: str, folder: Path) -> str:
    """Remove all windows of a subject, who need not say why; return what was done.

    What was being written meanwhile goes as well: its request is refused, and may be sent again.

    Raises
    ------
    ConfigError
        When nothing of the subject is there.
    """
    removed = 0
    for path in feedback_files(folder):
        theirs = pc.equal(feedback_table(path, ["subject"]).column("subject"), subject)
        n_theirs = pc.sum(theirs).as_py() or 0
        if n_theirs == len(theirs):
            path.unlink()
        elif n_theirs > 0:
            part = path.with_suffix(PART)
            parquet.write_table(
                feedback_table(path).filter(pc.invert(theirs)), part, compression="zstd"
            )
            part.replace(path)
        removed += n_theirs
    for part in folder.glob(f"*/*{PART}"):
        part.unlink(missing_ok=True)
    if removed == 0:
        raise ConfigError(f"{folder} holds no window of {subject!r}; see `quaver feedback list`")
    return (
        f"windows of {subject} removed from {folder}: {removed}; features, models and queues that"
        " were made of them before are as they were"
    )
