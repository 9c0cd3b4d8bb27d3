"""The demonstration application: a worker and sample jobs to look at."""
