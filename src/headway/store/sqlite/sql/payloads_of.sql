-- Without the arguments of those that lie in a month's archive.
SELECT j.id, j.created_at, j.archived, iif(length(b.payload) > :longest, NULL, b.payload), length(b.payload) > :longest
FROM json_each(:ids) AS i
CROSS JOIN headway_job AS j ON j.id = i.value
LEFT JOIN headway_body AS b ON b.job_id = j.id
WHERE :tenant IS NULL OR j.tenant = :tenant;
