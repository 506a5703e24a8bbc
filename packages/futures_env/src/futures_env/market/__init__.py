"""The market as the simulator reads it: contracts, columns, the packed table of bars."""
