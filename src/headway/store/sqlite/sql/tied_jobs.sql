SELECT j.id FROM json_each(:ids) AS e CROSS JOIN headway_job AS j ON j.id = e.value WHERE j.ties > 0;
