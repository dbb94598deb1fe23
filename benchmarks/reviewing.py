"""What a reviewer waits for: training, comparing and changing the champion, on 100,000 windows.

Two models are trained in a folder of their own, by the commands that everybody uses, on windows
that are drawn with replacement from this folder's table of features (``make up``). They are
compared; then the first is promoted and served under a steady load, and while requests come in, the
second is promoted.
"""

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

import httpx
import numpy as np
import yaml

from benchmarks.serving import body, wait_until_ready
from features import FeatureSpec, Modality
from serving.selection import SERVED_VARIABLE
from training.config import ModelConfig, load_config
from training.environment import prepare
from training.features_stage import made_from, opened_sources
from training.layout import Layout
from training.table import LabelledTable
from training.tables import table
from training.validation import markdown_table

MODALITY: Modality = "accelerometer"
WINDOWS = 100_000
PER_SECOND = 50
PORT = 38211
MOST_OUTSIDE, MOST_COMPARE_S, MOST_SWITCH_S = 0.25, 20.0, 5.0
OPEN_GATE = {
    "minimum_macro_f1": 0.0,
    "minimum_f1": {},
    "maximum_undecided": 1.0,
    "maximum_calibration_error": 1.0,
    "minimum_mean_coverage": 0.0,
    "maximum_loss": 1.0,
    "maximum_window_ms": 1000.0,
}
"""A gate without limits: windows drawn twice are no basis to judge a model."""
HEADER = ("figure", "value", "target", "")
_TIMED = "--train"


def enlarged(path: Path, spec: FeatureSpec) -> LabelledTable:
    """Return a table of features with windows drawn anew until there are enough."""
    whole = LabelledTable.read(path, spec)
    drawn = whole[np.sort(np.random.default_rng(0).integers(0, len(whole), WINDOWS))]
    names = [f"{number}-{name}" for number, name in enumerate(drawn.ids.tolist())]
    return replace(drawn, ids=np.array(names, dtype=np.str_))


def project(folder: Path, layout: Layout) -> None:
    """Make a project that has features to train on, and a gate that lets every model pass."""
    shutil.copytree(layout.root / "configs", folder / "configs")
    made = Layout(folder)
    source = layout.features(MODALITY)
    config = load_config(layout.config(MODALITY), ModelConfig)
    made.simulated(MODALITY).joinpath("train").mkdir(parents=True)
    told = made_from(config, opened_sources(config.data.train, MODALITY, made))
    enlarged(source, config.features).write(made.features(MODALITY), told)
    gate = folder / "configs" / "promote.yaml"
    gate.write_text(yaml.safe_dump(OPEN_GATE), encoding="utf-8")


def quaver(folder: Path, *words: str) -> float:
    """Run a command in a folder; return how long it took."""
    before = time.perf_counter()
    done = subprocess.run(  # noqa: S603  (our own command)
        [sys.executable, "-m", "training", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"quaver {' '.join(words)}: {done.stderr}")
    return time.perf_counter() - before


def trained(folder: Path) -> dict[str, float]:
    """Train; return the seconds of all, and those inside LightGBM."""
    done = subprocess.run(  # noqa: S603  (this file)
        [sys.executable, "-P", __file__, _TIMED],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    told: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return told


def train_timed() -> None:
    """Run `quaver train` in this process, and print how much of it LightGBM took."""
    started = time.perf_counter()
    import lightgbm  # noqa: PLC0415  (its import is its own)

    inside = time.perf_counter() - started

    def timed(owner: object, name: str) -> None:
        original = getattr(owner, name)

        def call(*given: Any, **named: Any) -> Any:  # noqa: ANN401  (whatever it is)
            nonlocal inside
            before = time.perf_counter()
            try:
                return original(*given, **named)
            finally:
                inside += time.perf_counter() - before

        setattr(owner, name, call)

    timed(lightgbm, "train")
    timed(lightgbm.Booster, "predict")
    from training.cli import app  # noqa: PLC0415  (timed as a user waits for it)

    prepare(Path())
    app(["train", MODALITY], standalone_mode=False)
    print(json.dumps({"inside_s": inside, "all_s": time.perf_counter() - started}))


class Load:
    """Requests at a steady pace, and what came of them."""

    def __init__(self, port: int) -> None:
        self.failed = self.sent = 0
        self.versions: dict[str, float] = {}
        self._port = port
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        content, headers = body(MODALITY), {"content-type": "application/json"}
        with httpx.Client(base_url=f"http://127.0.0.1:{self._port}", timeout=30) as client:
            due = time.perf_counter()
            while not self._ended.is_set():
                due += 1 / PER_SECOND
                time.sleep(max(0.0, due - time.perf_counter()))
                self.sent += 1
                try:
                    answer = client.post("/predict", content=content, headers=headers)
                    answer.raise_for_status()
                except httpx.HTTPError:
                    self.failed += 1
                    continue
                (one,) = answer.json()["predictions"]
                self.versions.setdefault(one["model"]["version"], time.perf_counter())


def switched(folder: Path, first: str, second: str) -> tuple[float, int, int]:
    """Return the seconds from a promotion to the new answer, requests failed, and sent."""
    quaver(folder, "promote", first)
    words = ("serve", "--follow", "--port", str(PORT))
    with subprocess.Popen(  # noqa: S603  (our own command)
        [sys.executable, "-m", "training", *words],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as service:
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{PORT}", timeout=60) as client:
                wait_until_ready(client, service)
            with Load(PORT) as load:
                time.sleep(5)
                quaver(folder, "promote", second)
                promoted = time.perf_counter()
                while len(load.versions) < 2 and time.perf_counter() < promoted + 60:
                    time.sleep(0.05)
                time.sleep(5)
        finally:
            service.terminate()
    return max(load.versions.values()) - promoted, load.failed, load.sent


def main() -> None:
    """Print one table, and write it down."""
    layout = Layout(Path(sys.argv[1]) if len(sys.argv) > 1 else Path())
    docs = Layout().docs.absolute()
    with TemporaryDirectory() as temporary:
        folder = Path(temporary) / "project"
        project(folder, layout)
        for name in ("MLFLOW_TRACKING_URI", "BENTOML_HOME"):
            os.environ.pop(name, None)
        os.environ[SERVED_VARIABLE] = MODALITY
        times = trained(folder)
        outside = 1 - times["inside_s"] / times["all_s"]
        config = folder / "configs" / f"{MODALITY}.yaml"
        content = yaml.safe_load(config.read_text(encoding="utf-8"))
        content["training"]["booster"]["num_iterations"] //= 2
        config.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
        quaver(folder, "train", MODALITY)
        compare_s = quaver(folder, "compare", f"{MODALITY}:2", f"{MODALITY}:1")
        switch_s, failed, sent = switched(folder, f"{MODALITY}:1", f"{MODALITY}:2")
    rows = [
        line(f"train, share outside LightGBM of {times['all_s']:.0f} s", outside, MOST_OUTSIDE),
        line("compare, s", compare_s, MOST_COMPARE_S),
        line(
            "from the end of promote to the new answer, s (below 0: before it had ended)",
            switch_s,
            MOST_SWITCH_S,
        ),
        line(f"requests failed of {sent} at {PER_SECOND} a second", failed, 0),
    ]
    print(table(HEADER, rows))
    text = "# What a reviewer waits for\n\nWritten by `make bench-reviewing`; not by hand.\n\n"
    how = f"{WINDOWS} windows of {MODALITY}, {os.cpu_count()} cores, search off."
    (docs / "reviewing.md").write_text(
        "\n".join((f"{text}{__doc__}", how, "", markdown_table(HEADER, rows), "")), encoding="utf-8"
    )


def line(what: str, value: float, most: float) -> tuple[str, str, str, str]:
    """Return one line of the table."""
    return what, f"{value:.3g}", f"<= {most:g}", "met" if value <= most else "short"


if __name__ == "__main__":
    if sys.argv[1:] == [_TIMED]:
        train_timed()
    else:
        main()
