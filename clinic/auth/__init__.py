"""Users, sign-in, sessions and who may do what."""
