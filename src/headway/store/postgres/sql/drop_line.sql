DELETE FROM headway_line WHERE job_id = ANY (ARRAY(SELECT jsonb_array_elements_text(:ids::jsonb)::bigint));
