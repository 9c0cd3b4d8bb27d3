"""What is remembered: the verbs of a job's life, each one transaction."""
