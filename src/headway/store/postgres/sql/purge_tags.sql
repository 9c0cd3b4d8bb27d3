-- The job's own list leads to its rows: the table's key begins with the tag.
DELETE FROM headway_tag WHERE (tag, job_id) IN (
    SELECT t.value, j.id FROM headway_job AS j CROSS JOIN LATERAL jsonb_array_elements_text(j.tags::jsonb) AS t(value)
    WHERE j.id = ANY (ARRAY(SELECT jsonb_array_elements_text(:ids::jsonb)::bigint))
);
