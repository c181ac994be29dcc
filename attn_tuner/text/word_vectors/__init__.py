"""Word vectors: trained on the texts, or read from a file."""
