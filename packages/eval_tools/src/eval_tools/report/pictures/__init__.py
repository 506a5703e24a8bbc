"""What is drawn: functions that return inline SVG, in two widths, in the page's colours."""
