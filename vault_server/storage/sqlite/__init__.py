"""The embedded engine: one process, one writing connection, readers with snapshots."""
