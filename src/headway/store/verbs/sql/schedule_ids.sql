SELECT id FROM headway_schedule
WHERE app >= :first_app AND app <= :last_app AND (app, name) > (:after_app, :after_name)
ORDER BY app, name LIMIT :limit;
