"""The embedded engine: one process, one writer thread, readers with snapshots."""
