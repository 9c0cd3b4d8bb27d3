SELECT b.app, b.name, b.outcome
FROM json_each(:names) AS n CROSS JOIN headway_batch AS b ON b.app = n.value ->> 0 AND b.name = n.value ->> 1;
