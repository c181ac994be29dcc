"""What lies beside an ONNX export of pairs: files that need neither this package nor TensorFlow."""
