"""Who looked at whom: gathered in memory by each process, written to the log a moment later."""
