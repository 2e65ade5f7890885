"""Visits: one truth about a patient's stay, from check-in to check-out."""
