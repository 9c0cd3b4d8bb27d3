-- Who holds these unique keys, and whether its right to them is over.
SELECT
    j.app, j.unique_held, j.id, j.ref_id, j.name, j.state,
    iif(j.unique_until IS NULL, j.finished_at IS NOT NULL, j.unique_until <= :now) AS lapsed
FROM json_each(:keys) AS k
CROSS JOIN headway_job AS j INDEXED BY headway_job_unique ON j.app = k.value ->> 0 AND j.unique_held = k.value ->> 1;
