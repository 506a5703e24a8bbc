"""From a vendor's file to checked bars, and a report of what was decided."""
