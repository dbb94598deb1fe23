"""`make up` and the README: what a new user types, types in this order, and sees."""

import re
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path

import numpy as np
import pytest
import yaml
from project import clean_environment
from real_service import free_port, is_open
from running_project import make
from simulated import pinned

from features import Recording
from serving.recordings import write_recording
from training.config import load_config
from training.documentation import with_tables
from training.layout import Layout
from training.simulate.config import Simulation
from training.simulate.population import people

REPOSITORY = Path(__file__).parents[1]
README = (REPOSITORY / "README.md").read_text(encoding="utf-8")


def fences(language):
    """Return the examples of the README in a language, in their order."""
    found = re.findall(rf"^( *)```{language}\n(.*?)^ *```", README, flags=re.DOTALL | re.MULTILINE)
    return [re.sub(rf"^{indent}", "", text, flags=re.MULTILINE) for indent, text in found]


def commands():
    """Return every line of every shell example of the README."""
    lines = "".join(fences("bash")).replace("\\\n", " ").splitlines()
    return [line for line in lines if line.strip()]


def shell(up, line):
    """Type a line into a shell in the project; return what came of it."""
    return subprocess.run(
        ["/bin/sh", "-c", line.replace(":3000", f":{up.port}")],
        cwd=up.folder,
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


# The first command


def test_a_first_answer_of_each_model_is_printed(up):
    """After everything is trained, one window a modality has been answered over HTTP."""
    told = up.told()
    for modality in ("emg", "accelerometer", "gyroscope"):
        assert re.search(rf"{modality}: a simulated window, .* at [\d.]+ Hz\n  answer +\w+", told)
        assert f"quaver-{modality} version 1" in told
    assert f"http://127.0.0.1:{up.port}" in told
    assert f"http://127.0.0.1:{up.mlflow_port}" in told
    assert "Research software, not a medical device." in told
    assert "Traceback" not in told


def test_both_pages_are_there(up):
    """The addresses that were printed answer."""
    for port in (up.port, up.mlflow_port):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=30) as page:
            assert page.status == 200


@pytest.mark.parametrize("what", ["PORT", "MLFLOW_PORT"])
def test_a_taken_port_is_said_before_any_work(up, what):
    """A second start on a port that is taken is a sentence that says what to change."""
    taken = {"PORT": up.port, "MLFLOW_PORT": up.mlflow_port}[what]
    ports = {"PORT": free_port(), "MLFLOW_PORT": free_port()} | {what: taken}
    words = make(up.folder, "up", *(f"{name}={port}" for name, port in ports.items()))
    done = subprocess.run(
        words, cwd=up.folder, env=clean_environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert re.search(rf"port {taken}, wanted by .*, is taken; .*{what}=", done.stderr)
    assert "Traceback" not in done.stderr
    assert "dvc" not in done.stdout


def test_make_test_is_pytest_on_everything(up):
    """The second command, which is what runs these tests, calls pytest on all of them."""
    done = subprocess.run(
        make(up.folder, "--dry-run", "test"),
        cwd=up.folder,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert (
        done.stdout.strip() == ".venv/bin/python -m pytest --numprocesses 2 --no-loadscope-reorder"
    )


def test_help_lists_every_command_of_the_makefile(up):
    """`make help` names what there is."""
    done = subprocess.run(
        make(up.folder, "help"),
        cwd=up.folder,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    listed = {line.split()[0] for line in done.stdout.splitlines()}
    assert {"up", "test", "serve", "mlflow", "check", "fix", "bench", "clean"} <= listed


# Calling the service, as the README shows it


def test_the_python_example_prints_an_answer(up):
    """Label, candidates and frequency of a rhythm of 5 Hz are printed."""
    example, _ = fences("python")
    done = subprocess.run(
        [sys.executable, "-c", example.replace(":3000", f":{up.port}")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert re.fullmatch(r"\w+ \[.*\] (4\.9|5\.0)\d*", done.stdout.strip())


def test_the_javascript_example_prints_an_answer(up, tmp_path):
    """The same from Node."""
    node = shutil.which("node", path=str(clean_environment()["PATH"]))
    if node is None:
        pytest.skip("there is no Node here to run the README's JavaScript with")
    (example,) = fences("javascript")
    script = tmp_path / "example.mjs"
    script.write_text(example.replace(":3000", f":{up.port}"))
    done = subprocess.run([node, script], capture_output=True, text=True, check=True)
    assert re.fullmatch(r"\w+ (null|\w+)", done.stdout.strip())


def test_the_curl_example_describes_the_models(up):
    """`/describe` answers the line of the README."""
    if shutil.which("curl") is None:
        pytest.skip("there is no curl here to run the README's line with")
    line, _ = [line for line in commands() if line.startswith("curl")]
    done = shell(up, line)
    assert '"quaver-gyroscope"' in done.stdout


# One's own recordings, as the README shows it


@pytest.fixture(scope="module")
def own(up):
    """The folder of the README's example: its description, its labels, and such recordings."""
    folder = up.folder / "my-recordings"
    folder.mkdir()
    description, first_lines = fences("yaml")
    assert description.startswith("# my-recordings/dataset.yaml")
    (folder / "dataset.yaml").write_text(description)
    (labels,) = fences("csv")
    (folder / "labels.csv").write_text(labels)
    for name, kinds in {"visit1": ("rest", "tremor"), "visit2": ("voluntary", "voluntary")}.items():
        write_recording(visit(kinds), folder / f"{name}.edf")
    path = up.folder / "configs" / "emg.yaml"
    content = yaml.safe_load(path.read_text()) | yaml.safe_load(first_lines)
    path.write_text(yaml.safe_dump(content, sort_keys=False))
    return folder


def visit(kinds):
    """Return two muscles in microvolts at 1000 Hz, 12 s of each kind."""
    layout = Layout(REPOSITORY)
    simulation = load_config(layout.config("simulate"), Simulation)
    simulation = simulation.model_copy(update={"duration_s": 12.0})
    # A file of EDF holds no gap.
    physiology = pinned({"artefacts.dropout_probability": 0.0})
    everybody = people("test", "emg", simulation, physiology)
    # Behind a low-pass filter, hum is what is left of a muscle at rest.
    person = next(each for each in everybody if not each.site.lowpass_hz)
    parts = [person.recording(kind, number).recording for number, kind in enumerate(kinds)]
    joined = np.concatenate([part.samples[0] for part in parts])
    times = np.arange(24_000) / 1000.0
    seen = np.interp(times, np.arange(len(joined)) / parts[0].sampling_rate_hz, joined)
    microvolts = 40 * seen / np.median(np.abs(seen))
    return Recording(
        np.stack((microvolts, 0.5 * microvolts)),
        sampling_rate_hz=1000.0,
        modality="emg",
        unit="uV",
        channel_names=("flexor", "extensor"),
    )


@pytest.mark.usefixtures("own")
def test_each_command_of_the_tutorial_does_its_work(up):
    """From listing the recordings to a labelled file, line by line as the README has them."""
    lines = [line for line in commands() if line.startswith("quaver")]
    told = {}
    for line in lines:
        done = shell(up, line)
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
        told.setdefault(" ".join(line.split()[:2]), done.stdout)
    assert "2 people, 4 recordings" in told["quaver datasets"]
    assert "simulated: simulated" in told["quaver train"]
    assert "real: my-recordings" in told["quaver train"]
    assert "\nmy-recordings: 2 subjects, " in told["quaver compare"]
    assert "\nsimulated/test: 2 subjects, " in told["quaver compare"]
    assert "of 100 windows more answered rightly" in told["quaver compare"]
    assert "passed  exam" in told["quaver promote"]
    assert "serves as quaver-emg:" in told["quaver promote"]
    assert "features have shifted" in told["quaver drift"]
    assert "fill in label and subject in queue.csv" in told["quaver queue"]
    assert (up.folder / "to-label" / "index.html").is_file()
    header, *rows = told["quaver label"].splitlines()
    assert header.startswith("kind,channel,label,")
    assert {"share", "rate", "span"} <= {row.partition(",")[0] for row in rows}
    assert "not a medical device" in (up.folder / "visit1.html").read_text(encoding="utf-8")


@pytest.mark.usefixtures("own")
def test_a_recording_of_one_s_own_gets_its_record(up):
    """The client in Python and curl upload the first visit and are told of the same seconds."""
    _, example = fences("python")
    _, line = [line for line in commands() if line.startswith("curl")]

    done = subprocess.run(
        [sys.executable, "-c", example.replace(":3000", f":{up.port}")],
        cwd=up.folder,
        capture_output=True,
        text=True,
        check=True,
    )
    told = shell(up, line).stdout if shutil.which("curl") else None

    # What the tutorial has promoted is served by what `make up` had started.
    assert told is None or '"name":"quaver-emg","version":"2"' in told
    usable_s, rate = done.stdout.splitlines()[0].split(" ", 1)
    assert 0 < float(usable_s) <= 24.0
    assert "'per_minute':" in rate
    assert told is None or f'"usable_s":{usable_s},' in told


def test_a_label_that_is_none_is_named_with_its_place(own, up):
    """The labels table of the README with one wrong word is refused, with row and words."""
    labels = own / "labels.csv"
    before = labels.read_text()
    labels.write_text(before.replace("tremor", "shaking"))
    try:
        done = shell(up, "quaver features emg")
    finally:
        labels.write_text(before)
    assert done.returncode == 2
    assert "labels.csv" in done.stderr
    assert "'shaking'" in done.stderr
    assert "Traceback" not in done.stderr


# What the README says of itself


def test_the_tables_of_the_readme_are_those_of_the_code():
    """`make docs` would change nothing."""
    assert README == with_tables(README, Layout(REPOSITORY))


def test_the_readme_is_in_its_order():
    """Who it is for, its limits, the two commands, training, calling, features, choice, answers."""
    headings = re.findall(r"^## (.*)", README, flags=re.MULTILINE)
    assert [
        "Intended use and limits",
        "Two commands",
        "Training on your own recordings",
        "Calling the service",
        "Features",
        "How a model is chosen and served",
        "How to read an answer",
        "How to read a record",
        "What is refused",
    ] == headings[:9]
    assert "research software, not a medical device" in README


def test_every_example_of_the_readme_is_one_that_is_tested():
    """No command stands in the README that nothing here runs."""
    known = ("make up", "make test", "quaver ", "curl ")
    assert [line for line in commands() if not line.startswith(known)] == []
    languages = re.findall(r"^ *```(\w+)", README, flags=re.MULTILINE)
    assert set(languages) == {"bash", "yaml", "csv", "python", "javascript"}


# The end


def test_ctrl_c_ends_everything(up):
    """After an interrupt nothing of it listens any more, and it has said that it ended."""
    up.press_ctrl_c()
    assert not is_open(up.port)
    assert not is_open(up.mlflow_port)
    assert "ended" in up.told()
    assert "Traceback" not in up.told()
