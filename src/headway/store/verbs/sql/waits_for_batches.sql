SELECT batch_name FROM headway_batch_waiter WHERE child_id = :id AND counted = 1 ORDER BY 1;
