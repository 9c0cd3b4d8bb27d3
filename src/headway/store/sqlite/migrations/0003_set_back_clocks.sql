-- What has to be known of a clock that was set back.

-- Starts in its future are moved to that moment, and may be more there than ever started at once.
ALTER TABLE headway_start ADD COLUMN pulled INTEGER NOT NULL DEFAULT 0 CHECK (pulled IN (0, 1)); -- some of these starts were moved

-- Until the moment that it showed before (and the minute after the beat that saw it) what is recorded may overlap where
-- nothing did: the audit does not judge it.
CREATE TRIGGER headway_node_set_back AFTER UPDATE OF seen_at ON headway_node WHEN new.seen_at < old.seen_at
BEGIN
    INSERT INTO headway_setting (name, value) VALUES ('clock_ahead', CAST(old.seen_at + 60000000 AS TEXT))
    ON CONFLICT (name) DO UPDATE SET value = CAST(max(CAST(value AS INTEGER), CAST(excluded.value AS INTEGER)) AS TEXT);
END;
