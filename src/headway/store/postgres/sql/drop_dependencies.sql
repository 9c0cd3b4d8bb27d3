-- Those that have not ended yet: what has been told stays what the job depended on.
DELETE FROM headway_dependency
WHERE child_id = :id AND counted = 1 AND parent_id = ANY (ARRAY(SELECT jsonb_array_elements_text(:parents::jsonb)::bigint))
RETURNING parent_id;
