"""What the clinic consists of: departments, rooms, services and practitioners."""
