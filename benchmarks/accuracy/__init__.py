"""What quaver's models get right and wrong, under every protocol, with intervals over subjects.

::

    answers ──────────▶ questions ─┐
    foreign_signals ──▶ spoiling ──┤
    folding ───────────────────────┼──▶ protocols ──▶ report ──▶ __main__
    estimates ──▶ figures ─────────┘

Run by ``make bench-accuracy``. Each table and each figure names its data and how it was validated;
simulated, semi-real and real signals are never mixed in one number.
"""
