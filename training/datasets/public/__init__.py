"""Readers of public sets that a user downloads: point one at the folder of the download.

Each reads the layout in which its authors publish the set. Labels follow the rules of
:mod:`training.datasets.real`: what a protocol only suggests has a name of its own.
"""

from training.datasets.public import hmp, lower_limb, pads, tremordb
from training.datasets.source import Source

PUBLIC: tuple[Source, ...] = (pads.SOURCE, tremordb.SOURCE, hmp.SOURCE, lower_limb.SOURCE)
