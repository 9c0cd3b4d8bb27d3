DELETE FROM headway_fact WHERE job_id = ANY (ARRAY(SELECT jsonb_array_elements_text(:ids::jsonb)::bigint));
