SELECT job_id, result FROM headway_done WHERE job_id = ANY (ARRAY(SELECT jsonb_array_elements_text(:ids::jsonb)::bigint));
