"""Appointments for other calendar programs (iCalendar, RFC 5545)."""
