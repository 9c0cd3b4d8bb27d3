SELECT j.id, j.epoch FROM (SELECT jsonb_array_elements_text(:ids::jsonb)::bigint AS value) AS e JOIN headway_job AS j ON j.id = e.value
WHERE j.state = 'running' AND j.node_id = :node_id;
