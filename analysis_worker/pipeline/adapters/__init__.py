"""One adapter a step: vault columns in, derived data out."""
