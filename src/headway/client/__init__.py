"""Define jobs and ask for them: what an application imports."""
