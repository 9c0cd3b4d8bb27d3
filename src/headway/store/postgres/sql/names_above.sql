-- A batch and all that it is a part of.
WITH RECURSIVE above (id, app, name, parent) AS (
    SELECT id, app, name, parent FROM headway_batch WHERE id = :id
    UNION SELECT b.id, b.app, b.name, b.parent FROM above JOIN headway_batch AS b ON b.id = above.parent
)
SELECT name, EXISTS (
    SELECT 1 FROM headway_batch_waiter AS w
    WHERE w.app = above.app AND w.batch_name = above.name AND w.counted = 1
) FROM above;
