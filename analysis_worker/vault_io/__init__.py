"""The worker's side of the vault, through the SDK and nothing else: claim, stream, heartbeat, write back, resume."""
