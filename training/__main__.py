"""``python -m training``: the same as ``quaver``."""

from training.cli import main

main()
