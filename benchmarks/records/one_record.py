"""One record: make that of a file, and print what it cost. It imports what a service imports."""

import json
import resource
import sys
import time
from pathlib import Path

from serving.analysis import analyze
from serving.exam import load
from serving.recordings import SignalMapping
from serving.sources import open_source


def main(path: str, model: str, modality: str) -> None:
    """Print seconds of processor time and the most memory; what is compiled is so before."""
    classifier = load(Path(model))
    mapping = SignalMapping.model_validate({"modality": modality})
    with open_source(Path(path), mapping) as source:
        analyze(source, classifier, to_s=60.0)
        before = time.process_time()
        analyze(source, classifier)
        cpu_s = time.process_time() - before
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"cpu_s": cpu_s, "mib": most / 1024}))


if __name__ == "__main__":
    main(*sys.argv[1:])
