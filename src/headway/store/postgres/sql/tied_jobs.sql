SELECT j.id FROM (SELECT jsonb_array_elements_text(:ids::jsonb)::bigint AS value) AS e JOIN headway_job AS j ON j.id = e.value WHERE j.ties > 0;
