"""Giving a ticket, printing it, and the tickets a patient had."""
