"""Shows a search while it runs: a terminal panel, a status, a watch."""
