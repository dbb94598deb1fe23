"""Documentation: the tables of the README that come from code, written by ``make docs``."""

import re
from collections.abc import Mapping
from pathlib import Path

from features import FAMILIES, MODALITIES, Feature, FeatureSpec, Modality, catalogue
from training.config import ModelConfig, load_config
from training.layout import Layout
from training.validation import read_validation, validation_section

README = Path("README.md")

_SHORT = {"emg": "E", "accelerometer": "A", "gyroscope": "G"}


def feature_table(specs: Mapping[Modality, FeatureSpec]) -> str:
    """Return the table of all features, by family."""
    lines = [
        "E: EMG, A: accelerometer, G: gyroscope. Degree: how a value grows with the signal.",
        "",
        "| family | feature | what it is | unit | degree | of |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for family, module in FAMILIES.items():
        entries = (e for e in vars(module).values() if isinstance(e, Feature))
        lines.extend(_row(family, entry, specs) for entry in entries)
    counts = ", ".join(
        f"{sum(len(e.columns(spec)) for e in catalogue(spec.modality))} for {modality}"
        for modality, spec in specs.items()
    )
    return "\n".join((*lines, "", f"Columns: {counts}."))


def _row(family: str, entry: Feature, specs: Mapping[Modality, FeatureSpec]) -> str:
    name = entry.name
    if entry.argument:
        keys = getattr(specs[entry.modalities[0]], entry.argument)
        name = f"{name}__{{{', '.join(keys)}}}"
    unit = entry.unit.replace("{signal}", "signal")
    of = "".join(_SHORT[modality] for modality in MODALITIES if modality in entry.modalities)
    return f"| {family} | `{name}` | {entry.title} | {unit} | {entry.degree} | {of} |"


def with_tables(text: str, layout: Layout) -> str:
    """Return the README with its tables as the code has them, and as the benchmark found them."""
    specs = {
        modality: load_config(layout.config(modality), ModelConfig).features
        for modality in MODALITIES
    }
    text = _between("features", text, feature_table(specs))
    return _between("validation", text, validation_section(read_validation(layout.docs)))


def _between(name: str, text: str, content: str) -> str:
    """Return a text with a content between the marks of a name."""
    pattern = rf"(<!-- {name}: begin -->\n).*?(<!-- {name}: end -->)"
    return re.sub(
        pattern, lambda found: f"{found[1]}\n{content}\n\n{found[2]}", text, flags=re.DOTALL
    )


def main() -> None:
    """Write the README anew."""
    README.write_text(with_tables(README.read_text(encoding="utf-8"), Layout()), encoding="utf-8")


if __name__ == "__main__":
    main()
