-- Where the clock was set back, starts in its future are moved to that moment, and may be more there than ever started at once.
ALTER TABLE headway_start ADD COLUMN pulled INTEGER NOT NULL DEFAULT 0 CHECK (pulled IN (0, 1)); -- some of these starts were moved
