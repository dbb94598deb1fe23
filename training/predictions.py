"""Predictions as they are kept with a run: one row for each window that was answered."""

CHANCE = "p_"
CANDIDATES_BETWEEN = " "
PREDICTIONS = "predictions.parquet"
