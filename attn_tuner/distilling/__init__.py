"""Trains one model on the answers of a teacher: of the exported average, or of any other."""
