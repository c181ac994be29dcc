"""Processes, signals, the terminal, the machine, and what is installed on it."""
