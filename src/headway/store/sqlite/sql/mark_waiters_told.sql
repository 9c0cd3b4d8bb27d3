UPDATE headway_batch_waiter SET counted = 0
WHERE app = :app AND batch_name = :name AND child_id IN (SELECT value FROM json_each(:ids));
