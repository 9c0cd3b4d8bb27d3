-- The newest of them started when all the others ran already: there was no room, unless the size came later.
SELECT j.id, max(j.started_at) AS newest FROM headway_queue AS q
CROSS JOIN headway_job AS j INDEXED BY headway_job_running ON j.app = q.app AND j.queue = q.name AND j.state = 'running'
WHERE q.size IS NOT NULL GROUP BY q.app, q.name HAVING count(*) > q.size AND newest > q.sized_at LIMIT :limit;
