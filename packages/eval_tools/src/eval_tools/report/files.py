"""What stands in the folder of an evaluation."""

FORMAT = 2
"""Of metrics.json and the tables beside it; changes whenever a reader would misread them."""

METADATA, METRICS, SUMMARY, REPORT = "metadata.json", "metrics.json", "summary.txt", "report.html"
