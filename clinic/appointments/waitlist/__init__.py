"""Patients who wait for a time, and times held for them."""
