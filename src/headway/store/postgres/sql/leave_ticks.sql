-- What was forgotten of a run is its job: the tick keeps how it ended.
UPDATE headway_tick SET job_id = NULL WHERE job_id = ANY (ARRAY(SELECT jsonb_array_elements_text(:ids::jsonb)::bigint));
