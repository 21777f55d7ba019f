"""The review queue: what analyses propose, what people decide, and what later runs are told of it."""
