SELECT count(DISTINCT id) FROM headway_job
WHERE id IN (SELECT value FROM json_each(:ids)) AND batch = :batch AND state = 'running';
