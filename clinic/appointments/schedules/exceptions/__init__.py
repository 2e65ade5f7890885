"""Leave, closed rooms, extra hours and holidays."""
