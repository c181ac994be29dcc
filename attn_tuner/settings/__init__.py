"""The options of a search: one table, with their checks."""
