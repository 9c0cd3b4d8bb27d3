UPDATE headway_batch_waiter SET counted = (batch_name IN (SELECT jsonb_array_elements_text(:names::jsonb)))::int
WHERE child_id = :id;
