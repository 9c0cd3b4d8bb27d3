"""Charts as plain values: where each part of a picture lies, what it is called, and the same as a table."""
