"""Tickets, boards and waiting-room displays."""
