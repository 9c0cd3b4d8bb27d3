SELECT id, state, code, reason, app FROM headway_job
WHERE id IN (SELECT jsonb_array_elements_text(:ids::jsonb)::bigint);
