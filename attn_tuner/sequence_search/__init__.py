"""The search of sequence models over pairs of texts: `attn_tuner.search(data, task="sequence")`."""
