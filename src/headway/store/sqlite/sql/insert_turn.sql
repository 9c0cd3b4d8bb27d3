INSERT INTO headway_turn (app, lane, node_id, name, after_id, asked_at)
SELECT :app, :lane, :node_id, :name,
    max(coalesce((SELECT max(id) FROM headway_job), 0), (SELECT last_id FROM headway_deleted)), :now
WHERE EXISTS (SELECT 1 FROM headway_node WHERE id = :node_id AND state = 'active')
RETURNING id;
