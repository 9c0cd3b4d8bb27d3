"""The PostgreSQL store: the same verbs in one schema of a database, for as many machines as there are."""
