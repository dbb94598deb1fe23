"""Layout: where everything lies below the project's folder."""

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Layout:
    """The folders of a project; everything is relative to its root."""

    root: Path = Path()

    @property
    def configs(self) -> Path:
        """Configuration, tracked by Git."""
        return self.root / "configs"

    def config(self, name: str) -> Path:
        """Return the file of one configuration."""
        return self.configs / f"{name}.yaml"

    def simulated(self, modality: str) -> Path:
        """Simulated recordings: a folder for each set."""
        return self.root / "data" / "simulated" / modality

    def features(self, modality: str) -> Path:
        """Features of the windows that a model is trained on."""
        return self.root / "data" / "features" / modality / "train.parquet"

    def model(self, modality: str) -> Path:
        """The classifier that was trained last."""
        return self.root / "models" / modality

    def reports(self, modality: str) -> Path:
        """Figures and plots of the last training and evaluation."""
        return self.root / "reports" / modality

    @property
    def docs(self) -> Path:
        """Documents, some of which are written by code; tracked by Git."""
        return self.root / "docs"


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write plain data, NaN as null, which JSON has no word for; the file is whole or absent."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".part")
    text = json.dumps(_without_nan(content), indent=1, allow_nan=False)
    partial.write_text(text + "\n", encoding="utf-8")
    partial.replace(path)


def _without_nan(value: object) -> object:
    if isinstance(value, dict):
        return {key: _without_nan(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_nan(each) for each in value]
    return None if isinstance(value, float) and math.isnan(value) else value
