-- Whether each will be cancelled when the job it waits for is.
SELECT c.state = 'waiting' AND d.counted = 1 AND c.condition IS NULL
FROM headway_dependency AS d JOIN headway_job AS c ON c.id = d.child_id
WHERE d.parent_id = :id AND c.finished_at IS NULL LIMIT :limit;
