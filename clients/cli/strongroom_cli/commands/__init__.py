"""One module for each noun; loaded when that noun is asked for."""
