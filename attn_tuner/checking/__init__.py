"""Checks labelled texts before a search: labels, copies, confused classes, leaks, odd texts."""
