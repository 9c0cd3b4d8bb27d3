"""The smallest program that has all of it: define a job, store a call of it, run it, read its result."""

from headway import Jobs, Worker

jobs = Jobs("memory://")


@jobs.job
def greet(name: str) -> str:
    """Greet somebody."""
    return f"Hello, {name}!"


with Worker(jobs):
    print(greet.enqueue("Ann").result(timeout=10))
