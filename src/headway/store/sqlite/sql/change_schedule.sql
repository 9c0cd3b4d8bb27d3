UPDATE headway_schedule SET managed = :managed, definition = :definition, digest = :digest, timing = :timing,
    changed_at = iif(digest = :digest, changed_at, :now), changed_by = iif(digest = :digest, changed_by, :by)
WHERE id = :id;
