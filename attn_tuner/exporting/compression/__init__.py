"""Makes an exported model smaller."""
