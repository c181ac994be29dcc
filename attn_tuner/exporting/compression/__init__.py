"""Shrinks exported models by compressing their embeddings."""
