"""The JSON API: one module for each noun, all operations in `table.py`."""
