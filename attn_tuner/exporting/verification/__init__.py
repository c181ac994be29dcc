"""Loads an export in a fresh process and compares its answers."""
