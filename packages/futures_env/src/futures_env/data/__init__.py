"""Bars in, ``MarketData`` out. pandas is imported only where a DataFrame or a file is read."""
