"""Verifies an export: runs it in a new process and compares its answers."""
