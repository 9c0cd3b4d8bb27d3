UPDATE headway_batch_waiter SET counted = 0
WHERE app = :app AND batch_name = :name AND child_id = ANY (ARRAY(SELECT jsonb_array_elements_text(:ids::jsonb)::bigint));
