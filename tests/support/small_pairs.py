"""A few pairs of texts, an empty source and letters with accents among them."""

SOURCES = ["3 May 2021", "May 3", "12.5.", "", "5 mai", "é!"]
TARGETS = ["21-05-03", "05-03", "05-12", "?", "05-05", "x"]
