-- Cells by their keys, each a list in the order of the primary key.
SELECT f.step, f.from_at, f.app, f.name, f.queue, f.state, f.jobs, f.run, f.run_longest, f.wait, f.wait_longest
FROM json_each(:keys) AS k CROSS JOIN headway_figure AS f
ON f.step = k.value ->> 0 AND f.from_at = k.value ->> 1 AND f.app = k.value ->> 2 AND f.name = k.value ->> 3
AND f.queue = k.value ->> 4 AND f.state = k.value ->> 5;
