"""What a console reads and changes: one module for each noun, shared by pages and API."""
