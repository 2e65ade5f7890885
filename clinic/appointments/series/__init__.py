"""Appointments that repeat: made, changed and cancelled together."""
