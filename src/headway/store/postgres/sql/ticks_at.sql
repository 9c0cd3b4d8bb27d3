SELECT t.schedule_id, t.instant FROM jsonb_array_elements(:instants::jsonb) AS e(value)
JOIN headway_tick AS t ON t.schedule_id = (e.value ->> 0)::bigint AND t.instant = (e.value ->> 1)::bigint AND t.by_hand = 0;
