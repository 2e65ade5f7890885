"""From arriving to leaving: what happens to a visit and to its tickets together."""
