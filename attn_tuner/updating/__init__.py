"""Trains the model of a search on with new rows and new classes, into a run folder of its own."""
