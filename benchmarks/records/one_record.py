"""One record: make that of a file, and print what it cost. It imports what a service imports."""

import json
import re
import sys
import time
from pathlib import Path

from serving.analysis import analyze
from serving.exam import load
from serving.recordings import SignalMapping
from serving.sources import open_source

REPEATS, ENOUGH_S = 3, 60.0
"""How often a short record is made; the quickest tells least of what else the machine does."""


def main(path: str, model: str, modality: str) -> None:
    """Print seconds of processor time and the most memory, after what is compiled has been."""
    classifier = load(Path(model))
    mapping = SignalMapping.model_validate({"modality": modality})
    with open_source(Path(path), mapping) as source:
        analyze(source, classifier, to_s=60.0)
        taken_s: list[float] = []
        while len(taken_s) < REPEATS and sum(taken_s) < ENOUGH_S:
            before = time.process_time()
            analyze(source, classifier)
            taken_s.append(time.process_time() - before)
    print(json.dumps({"cpu_s": min(taken_s), "mib": most_mib()}))


def most_mib() -> float:
    """Return the most memory of this process; what `getrusage` says may be its parent's."""
    (line,) = re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return float(line) / 1024


if __name__ == "__main__":
    main(*sys.argv[1:])
