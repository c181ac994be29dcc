"""Says what more labelled texts would gain."""
