"""Storage: one set of tables on two engines, SQLite (one process) and PostgreSQL (many), behind the ports.

`opening` is the door: `open_store`, `migrate`, `create_fresh`. `tables` is the schema of both engines. `repositories` speak
to a `session.Session`, which each engine implements; `sqlite` and `postgresql` hold what differs. Nothing here sees a plain
value: rows are sealed before they arrive.
"""
