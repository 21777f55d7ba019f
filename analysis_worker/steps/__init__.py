"""The steps of an analysis: arrays and options in, arrays and a summary out."""
