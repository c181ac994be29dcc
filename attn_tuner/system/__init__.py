"""Processes, signals and the terminal."""
