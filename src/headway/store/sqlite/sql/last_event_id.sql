SELECT coalesce(max(id), 0) FROM headway_event;
