"""Shows a search while it runs: progress in its own terminal, or read from the run folder."""
