-- So many failed jobs are newer than this one.
SELECT id FROM headway_job INDEXED BY headway_job_bad WHERE state = 'failed' AND finished_at IS NOT NULL
ORDER BY id DESC LIMIT 1 OFFSET :passed;
