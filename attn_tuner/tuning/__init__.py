"""Running a search: what to run, which values next, one trial, the clock."""
