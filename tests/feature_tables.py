"""Tables of features that no signal stands behind: for what is learnt, not for what is measured."""

import json
from pathlib import Path

import numpy as np
import yaml

from features import FeatureTable, Quality, columns
from training.config import ModelConfig
from training.table import LabelledTable

CONFIGS = Path(__file__).parents[1] / "configs"


def small_config(modality: str = "accelerometer", **training: object) -> ModelConfig:
    """Return the configuration of a modality with few and small trees."""
    content = yaml.safe_load((CONFIGS / f"{modality}.yaml").read_text(encoding="utf-8"))
    content["classes"] = ["fasciculation", "clonus", "tremor", "voluntary", "rest"]
    content["training"] |= {
        "folds": 3,
        "novelty_prototypes": 200,
        "bootstrap_samples": 40,
        **training,
    }
    content["training"]["booster"] |= {
        "num_iterations": 15,
        "learning_rate": 0.2,
        "min_data_in_leaf": 5,
    }
    return ModelConfig.model_validate_json(json.dumps(content))


def separable_table(
    config: ModelConfig,
    *,
    n_groups: int = 9,
    windows_each: int = 6,
    spread: float = 0.6,
    seed: int = 1,
) -> LabelledTable:
    """Return windows whose class can be told from five columns, with a shift for each group."""
    rng = np.random.default_rng(seed)
    names = columns(config.features)
    n_classes = len(config.classes)
    n = n_groups * windows_each * n_classes
    groups = np.repeat([f"person{g:02d}" for g in range(n_groups)], windows_each * n_classes)
    targets = np.tile(np.repeat(np.arange(n_classes), windows_each), n_groups)
    values = rng.normal(size=(n, len(names)))
    shifts = np.repeat(rng.normal(0, 0.3, size=(n_groups, n_classes)), windows_each * n_classes, 0)
    values[:, :n_classes] = np.eye(n_classes)[targets] * 2 + shifts
    values[:, :n_classes] += spread * rng.normal(size=(n, n_classes))
    values[rng.uniform(size=values.shape) < 0.02] = np.nan
    none = np.zeros(n)
    quality = Quality(none, none, none, none, np.zeros((n, 4), dtype=np.bool_))
    return LabelledTable(
        FeatureTable(values, names, quality, config.features.fingerprint),
        labels=np.array(config.classes)[targets],
        groups=groups,
        sites=np.full(n, "site"),
        sources=np.full(n, "made up"),
        ids=np.array([f"window{i}" for i in range(n)]),
        sampling_rates_hz=np.full(n, 100.0),
    )
