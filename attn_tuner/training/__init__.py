"""How a model is trained: optimiser, losses, learning rates, pretraining."""
