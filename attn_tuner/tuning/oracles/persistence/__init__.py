"""Oracle state on disk that survives a kill at any moment."""
