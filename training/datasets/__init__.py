"""Data sets: what a labelled recording is, and a reader for every source of them."""
