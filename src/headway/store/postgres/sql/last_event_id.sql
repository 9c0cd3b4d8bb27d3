SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM headway_event_id_seq;
