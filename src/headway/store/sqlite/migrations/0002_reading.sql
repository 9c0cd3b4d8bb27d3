-- What lists look for besides the columns of a job, and what retention has left of it.

-- The call's free facts, one row a fact: they stay with the summary when the body leaves for the archive.
CREATE TABLE headway_fact (
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    job_id INTEGER NOT NULL,
    PRIMARY KEY (name, value, job_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX headway_fact_job ON headway_fact (job_id);

INSERT OR IGNORE INTO headway_fact (name, value, job_id)
SELECT f.key, iif(f.type IN ('true', 'false', 'null'), f.type, CAST(f.value AS TEXT)), b.job_id
FROM headway_body AS b CROSS JOIN json_each(b.extras, '$.args') AS f
WHERE b.extras IS NOT NULL AND f.type NOT IN ('object', 'array') AND length(f.key) <= 200
AND length(coalesce(CAST(f.value AS TEXT), '')) <= 500;

CREATE INDEX headway_job_reply ON headway_job (reply_to, id) WHERE reply_to IS NOT NULL;

-- 0: nothing is gone; 1: the archived log; 2: the whole archived record, so that only the summary is left.
ALTER TABLE headway_job ADD COLUMN pruned INTEGER NOT NULL DEFAULT 0;

-- The archiver takes from its first part, oldest first; what is pruned is found in the others without a look at the rest.
DROP INDEX headway_job_ended;
CREATE INDEX headway_job_ended ON headway_job (archived, pruned, finished_at) WHERE finished_at IS NOT NULL;
