"""Screens and kiosks alike: machines of the clinic that are opened by a token in their address instead of a sign-in."""
