"""Columns beside the texts of a table: numbers and names, which a model reads as well."""
