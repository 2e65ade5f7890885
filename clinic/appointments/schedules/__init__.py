"""When practitioners and rooms can be booked."""
