"""A tokenizer without dependencies, shipped with ONNX and LiteRT files."""
