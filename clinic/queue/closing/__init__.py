"""The end of a day: what is still open, and closing it."""
