"""Half-filled forms kept over an expired session, for the same user only."""
