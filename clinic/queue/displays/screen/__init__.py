"""The screen itself: no sign-in, a device token in its address."""
