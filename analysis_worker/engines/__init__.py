"""Where a step runs. Today one engine: DuckDB inside the worker's own process."""
