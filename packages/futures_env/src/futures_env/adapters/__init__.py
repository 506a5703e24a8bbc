"""The environments behind other libraries' interfaces."""
