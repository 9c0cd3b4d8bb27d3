-- One row: when the file last changed and, while it is sealed, what was in it then.
CREATE TABLE IF NOT EXISTS headway_seal (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    changed_at INTEGER NOT NULL,
    jobs INTEGER,
    digest TEXT,
    sealed_at INTEGER
) STRICT;
