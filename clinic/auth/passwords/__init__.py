"""Passwords: what is taken for one, how it is kept, and the one-time codes that set it."""
