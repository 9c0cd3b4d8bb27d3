-- Those that have not ended yet: what has been told stays what the job depended on.
DELETE FROM headway_dependency
WHERE child_id = :id AND counted = 1 AND parent_id IN (SELECT value FROM json_each(:parents))
RETURNING parent_id;
