"""What a search has to beat: the most frequent class and a linear model on n-grams."""
