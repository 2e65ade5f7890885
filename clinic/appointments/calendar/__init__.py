"""The calendar and the day sheet."""
