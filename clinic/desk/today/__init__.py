"""The Today screen: who is expected, here, being seen, done."""
