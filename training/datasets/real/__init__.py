"""Readers of real recordings, one module a set, each with its ``SOURCE``.

A reader is a pure function from the folder of its set to labelled recordings. It converts to units
of the modality, states what each stretch of signal is known to be, and changes no sample except
where its docstring says so. Nothing of the data lies in this repository.

Labels follow one rule, the one of :mod:`training.datasets.labelling`: a label says what this sensor
shows. A protocol says what a person was asked to do; where a channel does not show it, the stretch
is ``unclear``. What is none of the classes keeps a name of its own (:mod:`.stand_ins`).
"""
