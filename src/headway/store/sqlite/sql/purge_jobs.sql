DELETE FROM headway_job WHERE id IN (SELECT value FROM json_each(:ids)) AND state IN ('completed', 'failed', 'cancelled', 'skipped');
