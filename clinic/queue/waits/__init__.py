"""How long somebody still has to wait, as a range measured from how this queue has lately moved."""
