"""The chart page: header, tabs, history of changes and alerts."""
