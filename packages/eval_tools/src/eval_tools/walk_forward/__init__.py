"""Training that moves forward through a market, and one result over all that was not seen."""
