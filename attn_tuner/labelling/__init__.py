"""Says what more labelled texts would gain, and which texts to label next."""
