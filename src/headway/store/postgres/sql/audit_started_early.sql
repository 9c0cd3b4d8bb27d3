SELECT j.id FROM headway_job AS j CROSS JOIN LATERAL (SELECT jsonb_array_elements_text(j.parents::jsonb)::bigint AS value) AS e JOIN headway_job AS p ON p.id = e.value
WHERE j.parents IS NOT NULL AND j.epoch > 0 AND p.state IN ('scheduled', 'waiting', 'queued', 'running', 'executed')
AND NOT EXISTS (SELECT 1 FROM headway_event AS v WHERE v.job_id IN (j.id, p.id) AND v.kind = 'requeue')
LIMIT :limit;
