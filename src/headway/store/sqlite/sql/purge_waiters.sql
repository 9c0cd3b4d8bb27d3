DELETE FROM headway_batch_waiter WHERE child_id IN (SELECT value FROM json_each(:ids));
