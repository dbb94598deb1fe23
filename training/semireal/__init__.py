"""Semi-real EMG: real potentials on real rest, real contractions that swell, and the truth.

::

    real_stretches ──▶ tremor ───────────────┐
    real_stretches ──────────────────────────┤
    unit_shapes ──────▶ shapes ──▶ fasciculation ──▶ sources ──▶ opening
    response_shapes ──▶ shapes ──▶ clonus ───┘          │
    visible (how far a peak stands out) ─────┘          └──▶ peak_ratios (of each window)

There are no public recordings of fasciculation and clonus, and none of tremor by EMG were at hand.
These sets take from people what can be taken (rest with its hum, its heartbeat and its electrodes;
potentials of single motor units as skin electrodes saw them; responses and contractions of whole
muscles) and make up only when and how large. Numbers from them are called semi-real wherever they
appear. ``configs/semireal.yaml`` says everything else.
"""
