"""How compiled kernels are made here: one decorator, so that all are compiled and cached alike.

Kernels loop over windows and are compiled once; the compiled code is kept on disk beside the
source, so that a second process starts fast. They release the GIL, so that chunks of a batch can
run on threads. Division follows IEEE (0/0 is NaN), as in NumPy.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

_F = TypeVar("_F", bound=Callable[..., Any])


_SHARED = Path(__file__).with_name("kernel_statistics.py")
"""The one file whose kernels those of others call."""


def kernel(function: _F) -> _F:
    """Compile a function that loops over windows."""
    compiled = numba.njit(cache=True, nogil=True, error_model="numpy")(function)
    # Numba keeps compiled code until the file that holds the function changes; what it calls lies
    # in the shared file too.
    shared = _SHARED.stat()
    index = cast("Any", compiled)._cache._cache_file  # noqa: SLF001  (there is no public way)
    index._source_stamp = (index._source_stamp, shared.st_mtime, shared.st_size)  # noqa: SLF001
    return cast("_F", compiled)


def read_only(samples: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Return raw samples as what kernels that read them are compiled for, copied when need be.

    A kernel is compiled anew for every element type, memory layout and writability that it meets.
    """
    array: NDArray[np.float64] = np.ascontiguousarray(samples, dtype=np.float64).view()
    array.flags.writeable = False
    return array
