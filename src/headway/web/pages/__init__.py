"""The pages: one module for each, with its routes; what they share is in `frame.py` and the templates."""
