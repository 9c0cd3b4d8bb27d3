UPDATE headway_job SET pruned = :pruned WHERE id = ANY (ARRAY(SELECT jsonb_array_elements_text(:ids::jsonb)::bigint)) AND archived = 1;
