"""The shared engine: many processes on one PostgreSQL, through psycopg 3."""
