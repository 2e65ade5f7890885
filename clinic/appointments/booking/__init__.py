"""Booking and changing appointments on the screen."""
