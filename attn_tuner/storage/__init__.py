"""A run folder on disk: its layout, its records, its lock."""
