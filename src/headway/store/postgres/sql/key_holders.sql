-- Who holds these unique keys, and whether its right to them is over.
SELECT
    j.app, j.unique_held, j.id, j.ref_id, j.name, j.state,
    CASE WHEN j.unique_until IS NULL THEN j.finished_at IS NOT NULL ELSE j.unique_until <= :now END AS lapsed
FROM jsonb_array_elements(:keys::jsonb) AS k(value)
JOIN headway_job AS j ON j.app = k.value ->> 0 AND j.unique_held = k.value ->> 1;
