"""The SQLite store: one file of jobs, one owner thread, its own SQL."""
