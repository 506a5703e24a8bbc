"""The command ``futures-env``."""
