"""A run from its plan to its results: adapters around the steps, checkpoints, and the runner that goes through them."""
