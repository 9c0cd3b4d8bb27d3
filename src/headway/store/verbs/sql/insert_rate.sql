INSERT INTO headway_rate (starts, span) VALUES (:starts, :span) RETURNING id;
