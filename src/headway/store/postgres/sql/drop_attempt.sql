DELETE FROM headway_attempt WHERE job_id = ANY (ARRAY(SELECT jsonb_array_elements_text(:ids::jsonb)::bigint));
