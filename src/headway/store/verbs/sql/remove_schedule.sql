UPDATE headway_schedule SET removed_at = :now, changed_by = :by, next_at = NULL, next_was = NULL WHERE id = :id;
