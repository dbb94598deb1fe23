"""LabelledTable: features of labelled windows, one row each, as they lie on disk."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features import FLAGS, ConfigError, ContractError, FeatureSpec, FeatureTable, Quality, extract
from training.datasets.labelled import LabelledWindows

Array = NDArray[np.float64]

_KEYS = ("id", "source", "site", "group", "label", "sampling_rate_hz")
_MADE_FROM = "made_from"
_FRACTIONS = ("gap_fraction", "flat_fraction", "clipped_fraction", "mains_fraction")


@dataclass(frozen=True, eq=False)
class LabelledTable:
    """Features with what is known of each window; arrays of shape (n_windows,)."""

    features: FeatureTable
    labels: NDArray[np.str_]
    groups: NDArray[np.str_]
    sites: NDArray[np.str_]
    sources: NDArray[np.str_]
    ids: NDArray[np.str_]
    sampling_rates_hz: Array

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> "LabelledTable":
        table = self.features
        quality = Quality(
            **{name: getattr(table.quality, name)[rows] for name in _FRACTIONS},
            flagged=table.quality.flagged[rows],
        )
        return LabelledTable(
            FeatureTable(table.values[rows], table.columns, quality, table.fingerprint),
            self.labels[rows],
            self.groups[rows],
            self.sites[rows],
            self.sources[rows],
            self.ids[rows],
            self.sampling_rates_hz[rows],
        )

    def trainable(self, classes: tuple[str, ...]) -> NDArray[np.bool_]:
        """Return which windows are usable and labelled with one of the classes."""
        return np.isin(self.labels, classes) & self.features.quality.usable

    def to_frame(self) -> pd.DataFrame:
        """Return everything as one frame: keys, quality, then features."""
        keys = (
            self.ids,
            self.sources,
            self.sites,
            self.groups,
            self.labels,
            self.sampling_rates_hz,
        )
        quality = self.features.quality
        parts: dict[str, NDArray[np.generic]] = dict(zip(_KEYS, keys, strict=True))
        parts |= {name: getattr(quality, name) for name in _FRACTIONS}
        parts |= {f"flag__{name}": quality.flagged[:, i] for i, name in enumerate(FLAGS)}
        values = pd.DataFrame(self.features.values, columns=list(self.features.columns))
        return pd.concat((pd.DataFrame(parts), values), axis=1)

    def write(self, path: Path, made_from: Mapping[str, Any] | None = None) -> None:
        """Write a Parquet file, whole or not at all.

        ``made_from`` says in plain data what decides which windows these are.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        frame = self.to_frame()
        frame.attrs["fingerprint"] = self.features.fingerprint
        frame.attrs[_MADE_FROM] = json.dumps(made_from or {})
        partial = path.with_suffix(".part")
        frame.to_parquet(partial, index=False)
        partial.replace(path)

    @classmethod
    def read(
        cls, path: Path, spec: FeatureSpec, made_from: Mapping[str, Any] | None = None
    ) -> "LabelledTable":
        """Read a Parquet file and check that it holds what this spec computes of these windows.

        ``made_from`` is as the table was written with; without it, any windows do.

        Raises
        ------
        ConfigError
            When there is no such file.
        ContractError
            When it holds something else.
        """
        command = f"`quaver features {spec.modality}`"
        if not path.is_file():
            raise ConfigError(f"{path} does not exist; run {command} first")
        frame = pd.read_parquet(path)
        fingerprint = frame.attrs.get("fingerprint")
        if fingerprint != spec.fingerprint:
            raise ContractError(
                f"{path} was computed with other features (fingerprint {str(fingerprint)[:12]},"
                f" here {spec.fingerprint[:12]}); run {command} again"
            )
        before = json.loads(frame.attrs.get(_MADE_FROM, "{}"))
        _check_made_from(path, before, made_from or {}, command)
        n_before = len(_KEYS) + len(_FRACTIONS) + len(FLAGS)
        quality = Quality(
            **{name: frame[name].to_numpy(np.float64) for name in _FRACTIONS},
            flagged=np.stack([frame[f"flag__{name}"].to_numpy(np.bool_) for name in FLAGS], axis=1),
        )
        names = tuple(frame.columns[n_before:])
        values = frame[list(names)].to_numpy(np.float64)
        ids, sources, sites, groups, labels = (
            frame[key].to_numpy().astype(np.str_) for key in _KEYS[:5]
        )
        return cls(
            FeatureTable(values, names, quality, spec.fingerprint),
            labels,
            groups,
            sites,
            sources,
            ids,
            frame["sampling_rate_hz"].to_numpy(np.float64),
        )


def _check_made_from(
    path: Path, before: Mapping[str, Any], here: Mapping[str, Any], command: str
) -> None:
    for key, value in here.items():
        if before.get(key) != value:
            was = json.dumps(before[key]) if key in before else "not noted"
            raise ContractError(
                f"{path} was computed from other windows ({key} was {was}, here"
                f" {json.dumps(value)}); run {command} again"
            )


def tabulate(
    batches: Iterable[LabelledWindows], spec: FeatureSpec, *, workers: int = 2
) -> LabelledTable:
    """Extract the features of batches of labelled windows into one table, in their order."""
    parts: list[LabelledTable] = []
    for batch in batches:
        rate = np.full(len(batch), batch.windows.sampling_rate_hz)
        table = extract(batch.windows, spec, workers=workers)
        parts.append(
            LabelledTable(
                table, batch.labels, batch.groups, batch.sites, batch.sources, batch.ids, rate
            )
        )
    return join(parts)


def join(parts: list[LabelledTable]) -> LabelledTable:
    """Put tables of one spec below one another."""
    tables = [part.features for part in parts]
    quality = Quality(
        *(
            np.concatenate([getattr(table.quality, name) for table in tables])
            for name in (*_FRACTIONS, "flagged")
        )
    )
    values = np.concatenate([table.values for table in tables])
    features = FeatureTable(values, tables[0].columns, quality, tables[0].fingerprint)
    names = ("labels", "groups", "sites", "sources", "ids", "sampling_rates_hz")
    return LabelledTable(
        features, *(np.concatenate([getattr(part, name) for part in parts]) for name in names)
    )
