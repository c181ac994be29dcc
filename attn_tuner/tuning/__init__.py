"""Running a search: what to try, for how long, and when to stop trying."""
