"""The way from bars to a validated agent, in stages that can be stopped anywhere."""
