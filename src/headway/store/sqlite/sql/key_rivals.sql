-- Who holds the key that this job holds as long as it has not ended, and whether its right to it is over.
SELECT o.id, iif(o.unique_until IS NULL, o.finished_at IS NOT NULL, o.unique_until <= :now) AS lapsed
FROM headway_job AS j
CROSS JOIN headway_job AS o INDEXED BY headway_job_unique ON o.app = j.app AND o.unique_held = j.unique_key
WHERE j.id = :id AND j.unique_until IS NULL AND o.id <> j.id;
