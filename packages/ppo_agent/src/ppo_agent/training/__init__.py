"""The host loop around the compiled update: logs, validation, controllers, stopping."""
