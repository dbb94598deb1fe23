"""The drift command: where the windows come from, which model they are held against."""

from pathlib import Path
from typing import Any

from serving.sources import open_source
from training.commands.asked import chosen_for, mapping_of, modality_of
from training.drift import drift_of, seen_by
from training.drift_text import drift_text
from training.layout import Layout
from training.queue.places import windows_of_feedback, windows_of_source


def drift_file(
    path: Path,
    *,
    mapping_file: Path | None,
    given: dict[str, Any],
    channel: str | None,
    from_s: float | None,
    to_s: float | None,
    model: Path | None,
    layout: Layout,
) -> str:
    """Return how far the windows of a file, or of a folder of feedback, have moved, as text."""
    if path.is_dir():
        of_files = {"mapping": mapping_file, "channel": channel, "from": from_s, "to": to_s}
        modality = modality_of(given | of_files)
        classifier = chosen_for(modality, model, layout).classifier
        seen = seen_by(classifier, windows_of_feedback(path, modality))
    else:
        mapping = mapping_of(mapping_file, given)
        classifier = chosen_for(mapping.modality, model, layout).classifier
        with open_source(path, mapping) as source:
            windows = windows_of_source(
                source, path.name, channel=channel, from_s=from_s, to_s=to_s
            )
            seen = seen_by(classifier, windows)
    return drift_text(drift_of(seen, classifier), classifier.card)
