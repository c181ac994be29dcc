"""Runs the command as `python -m attn_tuner`."""

from attn_tuner.cli import main

if __name__ == "__main__":
    main()
