"""Rows of a source to bars: row checks, the contract of a session, what the report says of days."""
