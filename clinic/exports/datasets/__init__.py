"""What can be exported: one Dataset for each kind, with its columns and the rows a filter leaves."""
