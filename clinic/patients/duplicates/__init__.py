"""Possible duplicates of a person about to be registered, and why they match."""
