"""What things are: pure values and decisions, without I/O, threads or the time."""
