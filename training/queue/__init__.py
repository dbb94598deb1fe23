"""Queue: the windows of unlabelled recordings that are most worth a person's time.

::

    files, or feedback ─▶ windows ─▶ judged by champion and challenger ─▶ chosen ─▶ folder
"""
