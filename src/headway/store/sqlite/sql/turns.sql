SELECT id, started_at IS NOT NULL FROM headway_turn WHERE id IN (SELECT value FROM json_each(:ids));
