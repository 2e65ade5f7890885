"""Work that a worker does for a row: claim, signs of life, failure, and what becomes of rows that were lost."""
