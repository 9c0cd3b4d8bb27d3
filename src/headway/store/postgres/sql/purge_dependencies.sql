-- The job's own list leads to those that it depended on: the table's key begins with the parent.
DELETE FROM headway_dependency
WHERE parent_id = ANY (ARRAY(SELECT jsonb_array_elements_text(:ids::jsonb)::bigint)) OR (parent_id, child_id) IN (
    SELECT p.value::bigint, j.id FROM headway_job AS j CROSS JOIN LATERAL jsonb_array_elements_text(j.parents::jsonb) AS p(value)
    WHERE j.id = ANY (ARRAY(SELECT jsonb_array_elements_text(:ids::jsonb)::bigint))
);
