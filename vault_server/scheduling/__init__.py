"""Runs recurring work: a timer in code, schedules and slots as rows, one process at a time by a lease."""
