UPDATE headway_batch_waiter SET counted = (batch_name IN (SELECT value FROM json_each(:names)))
WHERE child_id = :id;
