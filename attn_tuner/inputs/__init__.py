"""What all kinds of input share: the table of kinds, batches of like length, truncation."""
