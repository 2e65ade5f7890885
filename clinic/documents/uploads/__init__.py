"""Uploads that survive a lost connection, by the tus 1.0 protocol (https://tus.io/protocols/resumable-upload)."""
