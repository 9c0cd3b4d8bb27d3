INSERT INTO headway_schedule (
    app, name, managed, definition, digest, timing, created_at, created_by, changed_at, anchor_at, next_at, judged_to,
    judged_at, finished_at
) VALUES (
    :app, :name, :managed, :definition, :digest, :timing, :now, :by, :now, :now, :next_at, 0, :now, :finished_at
)
RETURNING id;
