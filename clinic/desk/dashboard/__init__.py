"""The manager's dashboard: arrivals, waits and no-shows of a day or a range."""
