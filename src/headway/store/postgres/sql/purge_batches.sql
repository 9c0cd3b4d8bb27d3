DELETE FROM headway_batch WHERE id IN (
    SELECT b.id FROM headway_batch AS b
    WHERE b.finished_at IS NOT NULL AND b.finished_at < greatest(coalesce(:completed_before::bigint, 0), coalesce(:failed_before::bigint, 0))
    AND b.finished_at < CASE WHEN b.outcome = 'completed' THEN :completed_before::bigint ELSE :failed_before::bigint END
    AND b.outcome IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM headway_job AS j WHERE j.batch = b.id)
    AND NOT EXISTS (SELECT 1 FROM headway_batch AS c WHERE c.parent = b.id)
    LIMIT :limit
);
