-- Who holds the key that this job holds as long as it has not ended, and whether its right to it is over.
SELECT o.id, CASE WHEN o.unique_until IS NULL THEN o.finished_at IS NOT NULL ELSE o.unique_until <= :now END AS lapsed
FROM headway_job AS j
JOIN headway_job AS o ON o.app = j.app AND o.unique_held = j.unique_key
WHERE j.id = :id AND j.unique_until IS NULL AND o.id <> j.id;
