"""Who calls, what they may do, what they may read, and the log that proves it."""
