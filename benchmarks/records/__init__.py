"""How right and how quick records of whole recordings are: ``python -P -m benchmarks.records``.

::

    potentials   single potentials of EMG against truth: simulated, semi-real, evoked
    rhythms      runs of tremor and clonus, simulated and semi-real, through whole records
    tremor       real people at rest: where episodes of tremor begin and end
    lengths      an hour of EMG and a day of a wrist: seconds and memory

Data are never mixed: each figure names its own, and how what it measures was kept apart from what
was trained on. Real and semi-real recordings come from the folder that QUAVER_DATA names; without
it they are skipped, and it is said so. The models are those of this folder (``make up``), or of
the one given.
"""
