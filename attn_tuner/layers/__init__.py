"""Keras layers that heads, encoders and models share."""
