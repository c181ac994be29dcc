"""Compares new texts with those that a model was chosen on, and estimates its accuracy on them."""
