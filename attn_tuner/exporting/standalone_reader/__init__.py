"""A tokenizer without dependencies, copied next to ONNX and LiteRT files."""
