-- A waiter of a batch that has ended, and that nobody will tell.
SELECT w.child_id FROM headway_batch_waiter AS w
JOIN headway_job AS j ON j.id = w.child_id AND j.state = 'waiting'
JOIN headway_batch AS b ON b.app = w.app AND b.name = w.batch_name AND b.outcome IS NOT NULL AND b.telling = 0
WHERE w.counted = 1 LIMIT :limit;
