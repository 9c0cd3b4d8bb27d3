SELECT queue, name, count(*) FROM headway_job
WHERE state = 'running' AND app = :app GROUP BY queue, name;
