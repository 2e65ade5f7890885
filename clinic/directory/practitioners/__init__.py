"""Practitioners: who patients are seen by."""
