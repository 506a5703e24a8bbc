"""Run folders read again: listed, compared, pooled."""
