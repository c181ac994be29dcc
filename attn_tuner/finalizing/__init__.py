"""After the search: chooses, calibrates, measures and exports the model."""
