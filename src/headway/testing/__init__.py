"""For users' tests: run jobs in line, record them or drain the queue."""
