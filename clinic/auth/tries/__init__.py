"""Limits of guessing: who may try how often to sign in."""
