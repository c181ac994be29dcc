"""Word vectors: learnt from the texts, or read from a file."""
