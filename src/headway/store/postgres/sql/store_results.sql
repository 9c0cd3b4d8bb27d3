UPDATE headway_body SET result = result.value
FROM (VALUES (?, ?)) AS result (job_id, value) WHERE headway_body.job_id = result.job_id;
