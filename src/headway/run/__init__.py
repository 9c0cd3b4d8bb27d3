"""How a function is executed: in this process, on threads or in child processes."""
