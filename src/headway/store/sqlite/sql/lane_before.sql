SELECT min(id) FROM (
    SELECT id FROM headway_job INDEXED BY headway_job_lane
    WHERE app = :app AND lane = :lane AND state = 'queued' AND blocked IS NULL AND id < :id
    UNION ALL
    SELECT min(id) FROM headway_job INDEXED BY headway_job_lane_line
    WHERE app = :app AND lane = :lane AND (blocked = 'line' OR blocked = 'lane') AND id < :id
) HAVING min(id) IS NOT NULL;
