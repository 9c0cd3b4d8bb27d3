UPDATE headway_schedule SET managed = :managed, definition = :definition, digest = :digest, timing = :timing,
    changed_at = CASE WHEN digest = :digest THEN changed_at ELSE :now END, changed_by = CASE WHEN digest = :digest THEN changed_by ELSE :by END
WHERE id = :id;
