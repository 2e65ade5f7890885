"""Checking in, giving a ticket and printing it."""
