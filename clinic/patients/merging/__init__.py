"""Two records of one person become one, and become two again while nothing contradicts it."""
