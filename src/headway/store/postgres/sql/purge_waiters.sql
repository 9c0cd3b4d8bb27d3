DELETE FROM headway_batch_waiter WHERE child_id = ANY (ARRAY(SELECT jsonb_array_elements_text(:ids::jsonb)::bigint));
