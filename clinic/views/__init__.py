"""Pages of the clinic room."""
