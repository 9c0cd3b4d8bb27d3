-- The first and the last app by name: where they are the same, there is no other.
SELECT (SELECT app FROM headway_job ORDER BY app LIMIT 1), (SELECT app FROM headway_job ORDER BY app DESC LIMIT 1);
