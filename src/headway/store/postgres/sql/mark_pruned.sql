UPDATE headway_job SET pruned = :pruned WHERE id IN (SELECT jsonb_array_elements_text(:ids::jsonb)::bigint) AND archived = 1;
