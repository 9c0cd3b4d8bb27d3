-- The newest of them started when all the others ran already: there was no room, unless the size came later.
SELECT (array_agg(j.id ORDER BY j.started_at DESC, j.id DESC))[1] FROM headway_queue AS q
JOIN headway_job AS j ON j.app = q.app AND j.queue = q.name AND j.state = 'running'
WHERE q.size IS NOT NULL
GROUP BY q.app, q.name, q.size, q.sized_at HAVING count(*) > q.size AND max(j.started_at) > q.sized_at LIMIT :limit;
