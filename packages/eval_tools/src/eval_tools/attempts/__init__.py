"""Attempts at evaluations: start days x rule sets x sizes, and their null."""
