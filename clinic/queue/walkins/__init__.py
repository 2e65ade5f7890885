"""Anonymous tickets that get a name later."""
