-- The job's own list leads to its rows: the table's key begins with the tag.
DELETE FROM headway_tag WHERE (tag, job_id) IN (
    SELECT t.value, j.id FROM json_each(:ids) AS i
    CROSS JOIN headway_job AS j ON j.id = i.value
    CROSS JOIN json_each(j.tags) AS t
);
