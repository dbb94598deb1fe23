"""Chance, from a seed and a name: what is drawn for one recording depends on no other."""

import zlib

import numpy as np


def generator(seed: int, name: str) -> np.random.Generator:
    """Return the generator of a recording, the same on every machine and in every order."""
    return np.random.default_rng([seed, zlib.crc32(name.encode())])


def log_uniform(limits: tuple[float, float], rng: np.random.Generator) -> float:
    """Draw a number whose logarithm is uniform between two limits above zero."""
    return float(np.exp(rng.uniform(*np.log(limits))))
