"""The shift log: what the next shift must know."""
