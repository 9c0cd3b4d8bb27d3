SELECT queue, name, count(*) FROM headway_job INDEXED BY headway_job_running
WHERE state = 'running' AND app = :app GROUP BY queue, name;
