"""headway: durable background jobs for Python, kept in an embedded store."""
