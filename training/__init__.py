"""The laboratory: simulator, data sets, splits, fit, evaluation, tracking, promotion, commands."""
