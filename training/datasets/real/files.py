"""Opening the files of a set: one that is missing or damaged gives one sentence with its name."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import scipy.io
from numpy.typing import NDArray

from features import SignalError

Array = NDArray[np.float64]


@contextmanager
def opened(path: Path) -> Iterator[Path]:
    """Turn whatever a parser raises over a file or folder into one sentence that names it."""
    if not path.exists():
        raise SignalError(f"{path} is missing; the set is incomplete or lies elsewhere")
    try:
        yield path
    except SignalError:
        raise
    except Exception as error:  # parsers raise what they like, and all of it means one thing
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise SignalError(f"{path} cannot be read as it is documented: {reason}") from error


def found(folder: Path, pattern: str) -> list[Path]:
    """Return the files of a folder that match, in order, or say that there is none."""
    paths = sorted(folder.glob(pattern))
    if not paths:
        raise SignalError(f"{folder} holds no {pattern}; the set is incomplete or lies elsewhere")
    return paths


def read_table(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    """Read a CSV table with a header that has at least these columns."""
    with opened(path):
        table = pd.read_csv(path, skipinitialspace=True)
        missing = [column for column in columns if column not in table.columns]
        if missing:
            raise SignalError(f"{path} has no column {', '.join(missing)}")
        return table


def read_numbers(
    path: Path, n_columns: int, *, delimiter: str = r"\s+", comment: str | None = None
) -> Array:
    """Read plain numbers without a header, shape (n_rows, n_columns)."""
    with opened(path):
        table = pd.read_csv(path, header=None, sep=delimiter, comment=comment, dtype=np.float64)
        numbers: Array = table.to_numpy()
        if numbers.shape[1] != n_columns or len(numbers) == 0:
            raise SignalError(
                f"{path} holds an array of shape {numbers.shape}; it should have {n_columns}"
                " columns"
            )
        if np.isnan(numbers).any():
            raise SignalError(f"{path} has a line with too few numbers")
        return numbers


def read_matlab(path: Path, variable: str) -> Any:  # noqa: ANN401  # what a .mat file may hold
    """Read one variable of a MATLAB file."""
    with opened(path):
        content = scipy.io.loadmat(path, variable_names=[variable], simplify_cells=True)
        if variable not in content:
            raise SignalError(f"{path} has no variable {variable}")
        return content[variable]


def check_shape(array: NDArray[Any], shape: tuple[int | None, ...], path: Path) -> None:
    """Refuse an array of another shape; None stands for any length but 0."""
    fits = array.ndim == len(shape) and all(
        n > 0 if wanted is None else n == wanted
        for n, wanted in zip(array.shape, shape, strict=True)
    )
    if not fits:
        wanted_text = ", ".join("any" if n is None else str(n) for n in shape)
        raise SignalError(f"{path} holds an array of shape {array.shape}, not ({wanted_text})")
