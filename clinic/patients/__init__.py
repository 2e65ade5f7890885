"""Who the patients are: identity, search, duplicates, coverage and the chart."""
