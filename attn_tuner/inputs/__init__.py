"""What all kinds of input share: parts of a data set, batches of like length, truncation."""
