"""SignalMapping: what a person says about a file that the file itself does not say."""

import json
from typing import Any, Literal, Self

from pydantic import model_validator

from features import Modality, Section, SignalError, check_unit
from features.spec import PositiveFloat
from serving.formats.start_time import StartTime

TimeUnit = Literal["s", "ms", "us", "ns", "iso"]


def columns_of(text: str) -> tuple[Any, ...]:
    """Return the columns that a text lists: names joined by commas, or a list in JSON.

    In JSON, names may hold commas, and whole numbers are places whatever the names are.
    """
    if not text.strip().startswith("["):
        return tuple(part.strip() for part in text.split(","))
    try:
        return tuple(json.loads(text))
    except (ValueError, RecursionError):
        raise SignalError(
            'columns begin as a list in JSON and are none; write them as ["EMG, left", 2]'
        ) from None


class SignalMapping(Section):
    """How the columns of a table, or the signals of a recording file, become a recording.

    What the file states itself may be left out. What is said here and there must agree: a header
    that says mV and a mapping that says uV are refused, not weighed against each other.

    Attributes
    ----------
    modality : {"emg", "accelerometer", "gyroscope"}
    unit : str, optional
        Unit of the samples. EDF, WFDB and Parquet files written by this package state it.
    sampling_rate_hz : float, optional
        Sampling rate; a table has this or ``time_column``.
    time_column : str or int, optional
        Name, or number from 0, of the column with the time of each row; the sampling rate is then
        found from the times (:func:`serving.formats.timestamps.even_grid`).
    time_unit : {"s", "ms", "us", "ns", "iso"}, optional
        Unit of a time column of numbers. Dates (``2024-05-01T10:00:00.25``, a Parquet timestamp)
        are ``iso``, which need not be said.
    columns : tuple of str or int, optional
        Names, or numbers from 0, of the channels in their order; text of digits is a number where
        no column has this name. Default: every column of numbers but those of time; every signal of
        an EDF or WFDB file whose unit belongs to the modality.
    start_time : datetime, optional
        When the recording began, if the file does not say.

    Raises
    ------
    SignalError
        For a unit that is none of the modality, and for parts that do not go together.
    """

    modality: Modality
    unit: str | None = None
    sampling_rate_hz: PositiveFloat | None = None
    time_column: str | int | None = None
    time_unit: TimeUnit | None = None
    columns: tuple[str | int, ...] | None = None
    start_time: StartTime = None

    @property
    def time_unit_of_numbers(self) -> TimeUnit | None:
        """What a column of times counts in, if it holds numbers; None when it must be asked."""
        return self.time_unit

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.unit is not None:
            check_unit(self.unit, self.modality)
        if self.sampling_rate_hz is not None and self.time_column is not None:
            raise SignalError(
                "sampling_rate_hz and time_column are both given; give the rate for evenly sampled"
                " rows, or the column of times to have gaps and jitter seen"
            )
        if self.time_unit is not None and self.time_column is None:
            raise SignalError("time_unit is given without time_column; name the column of times")
        if self.columns is not None and not self.columns:
            raise SignalError("columns is empty; name a column, or leave columns out to use all")
        return self
