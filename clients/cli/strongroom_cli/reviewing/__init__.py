"""Review on a terminal: explanations in words, and the keyboard session."""
