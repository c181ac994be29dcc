"""Keeps an oracle's state on disk so that it survives a kill at any moment."""
