"""Waiting-room screens: set up by staff, read by whoever waits."""
