SELECT t.schedule_id, t.instant FROM json_each(:instants) AS e
CROSS JOIN headway_tick AS t ON t.schedule_id = e.value ->> 0 AND t.instant = e.value ->> 1 AND t.by_hand = 0;
