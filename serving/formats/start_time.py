"""When a recording began: a date, with its time of day and zone as far as they are given."""

from datetime import date, datetime, time
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema


def _start_time(value: object) -> datetime | None:
    """Return a date and time as ISO 8601 writes them; a number is no date, whatever 2026 may be."""
    if value is None or isinstance(value, datetime):
        return value
    if isinstance(value, date):  # as YAML reads one without quotes
        return datetime.combine(value, time())
    try:
        if isinstance(value, str):
            return datetime.fromisoformat(value.strip())
    except ValueError:
        pass
    raise ValueError(f"must be a date and time like 2024-05-01T10:00:00+02:00, not {value!r}")


StartTime = Annotated[
    datetime | None,
    BeforeValidator(_start_time),
    WithJsonSchema({"type": ["string", "null"], "format": "date-time"}),
]
"""None where nobody says."""
