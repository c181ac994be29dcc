"""The process and its surroundings: signals, child processes, the terminal."""
