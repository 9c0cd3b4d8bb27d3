SELECT w.batch_name, b.id, b.outcome, w.counted
FROM headway_batch_waiter AS w LEFT JOIN headway_batch AS b ON b.app = w.app AND b.name = w.batch_name
WHERE w.child_id = :id ORDER BY w.batch_name;
