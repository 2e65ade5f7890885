"""What a waiting person's phone shows, at the address that is printed on the ticket."""
