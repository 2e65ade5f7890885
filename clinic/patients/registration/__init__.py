"""Registering and editing patients."""
