-- Cells by their keys, each a list in the order of the primary key.
SELECT f.step, f.from_at, f.app, f.name, f.queue, f.state, f.jobs, f.run, f.run_longest, f.wait, f.wait_longest
FROM jsonb_array_elements(:keys::jsonb) AS k(value) JOIN headway_figure AS f
ON f.step = (k.value ->> 0)::bigint AND f.from_at = (k.value ->> 1)::bigint AND f.app = k.value ->> 2
AND f.name = k.value ->> 3 AND f.queue = k.value ->> 4 AND f.state = k.value ->> 5;
