"""What a reader sees: console text, charts, one HTML file, the run folder."""
