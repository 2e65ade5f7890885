"""Appointments: schedules, free slots, booking and what became of it."""
