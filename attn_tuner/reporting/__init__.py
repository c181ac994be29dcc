"""What a search found, as tables, figures, sentences and one HTML report."""
