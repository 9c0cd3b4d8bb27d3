"""The benchmark: `python -m bench` measures the figures of docs/benchmarks.md on this machine. No part of the wheel."""
