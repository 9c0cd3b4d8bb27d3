SELECT j.id FROM headway_job AS j
WHERE j.id = ANY (ARRAY(SELECT jsonb_array_elements_text(:ids::jsonb)::bigint)) AND j.ties > 0;
