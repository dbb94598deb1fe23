"""Configuration: strict, and clear about what is wrong with it."""

import json
from pathlib import Path

import pytest
import yaml

from features import ConfigError
from serving.recordings import SignalMapping
from training.config import ModelConfig, load_config
from training.gate import Gate
from training.simulate.config import Simulation
from training.simulate.parameters import Physiology

CONFIGS = Path(__file__).parents[1] / "configs"
MODALITIES = ("emg", "accelerometer", "gyroscope")


def written(tmp_path, modality, change):
    """Write the configuration of a modality with a change and return its path."""
    content = yaml.safe_load((CONFIGS / f"{modality}.yaml").read_text(encoding="utf-8"))
    change(content)
    path = tmp_path / f"{modality}.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path


@pytest.mark.parametrize("modality", MODALITIES)
def test_each_modality_has_a_configuration_that_loads(modality):
    """The shipped YAML files are in order and speak of the modality in their name."""
    config = load_config(CONFIGS / f"{modality}.yaml", ModelConfig)
    assert modality == config.features.modality
    assert f"quaver-{modality}" == config.name


def test_simulation_physiology_and_gate_load():
    """The other shipped YAML files are in order too."""
    simulation = load_config(CONFIGS / "simulate.yaml", Simulation)
    assert {"train", "test"} <= set(simulation.populations)
    assert set(MODALITIES) == set(simulation.visibility)
    assert load_config(CONFIGS / "promote.yaml", Gate).minimum_macro_f1 > 0
    assert len(Physiology.load(CONFIGS / "physiology.yaml")) > 100


def keys_of(content, prefix=""):
    """Return the dotted names of everything in nested mappings."""
    names = {f"{prefix}{name}" for name in content}
    below = {name: part for name, part in content.items() if isinstance(part, dict)}
    return names.union(*(keys_of(part, f"{prefix}{name}.") for name, part in below.items()))


def test_a_configuration_says_everything_and_hides_no_default():
    """Writing a configuration out and reading it again changes nothing, key by key."""
    for modality in MODALITIES:
        path = CONFIGS / f"{modality}.yaml"
        config = load_config(path, ModelConfig)
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        written_out = config.model_dump(mode="json")
        assert config == ModelConfig.model_validate_json(json.dumps(written_out))
        # Of features, what is of mains and of modulation is said where there is any: in EMG.
        del written_out["features"], content["features"]
        assert keys_of(written_out) == keys_of(content)


def test_a_misspelt_key_is_named_with_the_keys_there_are(tmp_path):
    """A typing error is found before anything runs, with the file and the right spellings."""

    def misspell(content):
        content["training"]["booster"]["lerning_rate"] = 0.1

    path = written(tmp_path, "emg", misspell)
    with pytest.raises(ConfigError, match=r"emg.yaml: training\.booster\.lerning_rate is not a"):
        load_config(path, ModelConfig)
    with pytest.raises(ConfigError, match=r"known are .*learning_rate"):
        load_config(path, ModelConfig)


def test_a_band_above_nyquist_is_named(tmp_path):
    """A band that the rate cannot carry is refused with both numbers."""

    def too_high(content):
        content["features"]["bands_hz"]["high"] = [200.0, 600.0]

    path = written(tmp_path, "emg", too_high)
    with pytest.raises(ConfigError, match=r"bands_hz.high reaches 600 Hz, above .* 500"):
        load_config(path, ModelConfig)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda c: c["training"].pop("seed"), r"training\.seed: Field required"),
        (lambda c: c["training"].update(folds="five"), r"training\.folds: .*integer"),
        (lambda c: c.update(classes=["tremor", "cramp"]), r"classes must be two or more"),
        (lambda c: c.update(classes=["tremor"]), r"classes must be two or more"),
        (lambda c: c["training"].update(conformal_level=1.5), r"conformal_level: .*less than 1"),
        (
            lambda c: c["training"].update(
                candidate_pairs=[{"classes": ["tremor", "cramp"], "threshold": 0.3}]
            ),
            r"candidate_pairs must name two classes; tremor, cramp are not",
        ),
        (lambda c: c["data"].update(train=[]), r"data\.train: .*at least 1"),
    ],
)
def test_values_that_make_no_sense_are_refused(tmp_path, change, sentence):
    """Missing, of another kind, or out of range: the key is named and what it must be."""
    path = written(tmp_path, "accelerometer", change)
    with pytest.raises(ConfigError, match=sentence):
        load_config(path, ModelConfig)


def test_a_value_that_cannot_be_is_said_beside_what_may_be(tmp_path):
    """What stands in the file is in the sentence, not only what should."""
    path = tmp_path / "mapping.yaml"
    path.write_text("modality: acc\n", encoding="utf-8")

    with pytest.raises(ConfigError, match=r"modality: .*'gyroscope', not \"acc\"$"):
        load_config(path, SignalMapping)


def test_a_misspelt_class_is_no_gate_left_open(tmp_path):
    """What the gate asks of a class that there is not would never be asked."""
    content = yaml.safe_load((CONFIGS / "promote.yaml").read_text(encoding="utf-8"))
    content["minimum_f1"]["tremour"] = content["minimum_f1"].pop("tremor")
    path = tmp_path / "promote.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"names? classes; tremour is none of .*tremor"):
        load_config(path, Gate)


@pytest.mark.parametrize("label", ["tremor", "unclear"])
def test_what_may_have_a_class_is_no_outlier(tmp_path, label):
    """The detector is shown only what the model must not answer."""

    def expose(content):
        content["outliers"]["lookalikes"].append(label)

    with pytest.raises(ConfigError, match=f"lookalikes must have no class; {label} may be one"):
        load_config(written(tmp_path, "emg", expose), ModelConfig)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda k: k.update(tremor=k["cramp"]), "kinds must have no class; tremor may be one"),
        (lambda k: k["cramp"]["instead_of"].update(cramp=0.01), "must name classes; cramp is none"),
        (lambda k: k["cramp"]["instead_of"].update(tremor=1.0), "tremor: .*less than 1"),
        (lambda k: k["cramp"]["marks"].append("pace"), "names no column with pace"),
        (lambda k: k["cramp"]["limits"].update(pace=[0.0, 1.0]), "names no column with pace"),
    ],
)
def test_a_check_tells_what_has_no_class_from_classes_by_columns(tmp_path, change, sentence):
    """Kind, answers and marks of a check are names that mean something, or one is named."""
    path = written(tmp_path, "emg", lambda content: change(content["checks"]["kinds"]))
    with pytest.raises(ConfigError, match=sentence):
        load_config(path, ModelConfig)


@pytest.mark.parametrize("text", ["modality: &a [*a]", "{[1, 2]: emg}", "? {a: 1}\n: emg"])
def test_yaml_that_is_no_configuration_is_refused(tmp_path, text):
    """A list that holds itself and a list as a key are YAML, and no more."""
    path = tmp_path / "mapping.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=r"mapping\.yaml (holds what no|is not YAML)"):
        load_config(path, SignalMapping)


def test_what_is_no_yaml_or_no_file_is_refused(tmp_path):
    """A missing file, a folder and a broken file give one sentence each."""
    with pytest.raises(ConfigError, match=r"emg.yaml cannot be read: No such file"):
        load_config(tmp_path / "emg.yaml", ModelConfig)
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        load_config(tmp_path, ModelConfig)
    broken = tmp_path / "broken.yaml"
    broken.write_text("classes: [a, b", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"broken.yaml is not YAML: "):
        load_config(broken, ModelConfig)
