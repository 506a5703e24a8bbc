"""Causal, scale-free per-bar features. NumPy only."""
