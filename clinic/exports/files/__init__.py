"""Writing rows as files that spreadsheet programs open: CSV and Excel, streamed in bounded memory."""
