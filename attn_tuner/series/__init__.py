"""Reads series of numbers, and generates a demo set of them."""
