"""The embedded market: a calibrated random walk with optional planted edges."""
