SELECT id, stop_by FROM headway_turn WHERE id IN (SELECT value FROM json_each(:ids)) AND stop_at IS NOT NULL;
