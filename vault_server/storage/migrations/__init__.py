"""Schema migrations (alembic), shipped with the program. A published migration never changes."""
