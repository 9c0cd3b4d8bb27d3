-- Many at once: executemany would let go of Python's lock once a row, and JSON takes twice the time.
WITH result(job_id, value) AS (VALUES (?, ?))
UPDATE headway_body SET result = result.value FROM result WHERE headway_body.job_id = result.job_id;
