"""Prop-firm account rules as rows of data."""
