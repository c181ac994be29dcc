"""One trial: what is asked for, how it is trained, what comes of it."""
