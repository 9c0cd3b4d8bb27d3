-- || '': as in held_jobs.
SELECT j.id, j.epoch FROM headway_job AS j
WHERE j.id = ANY (ARRAY(SELECT jsonb_array_elements_text(:ids::jsonb)::bigint)) AND j.state || '' = 'running' AND j.node_id = :node_id;
