"""Reads series of numbers, generates a demo set, and holds what is measured beside a search."""
