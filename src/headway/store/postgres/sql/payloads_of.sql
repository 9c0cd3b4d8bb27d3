-- Without the arguments of those that lie in a month's archive.
SELECT j.id, j.created_at, j.archived, CASE WHEN length(b.payload) <= :longest THEN b.payload END, length(b.payload) > :longest
FROM headway_job AS j LEFT JOIN headway_body AS b ON b.job_id = j.id
WHERE j.id = ANY (ARRAY(SELECT jsonb_array_elements_text(:ids::jsonb)::bigint)) AND (:tenant IS NULL OR j.tenant = :tenant);
