"""What a finished or running search left on disk, read back."""
