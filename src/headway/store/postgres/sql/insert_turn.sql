INSERT INTO headway_turn (app, lane, node_id, name, after_id, asked_at)
SELECT :app, :lane, :node_id, :name, (SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM headway_job_number), :now
WHERE EXISTS (SELECT 1 FROM headway_node WHERE id = :node_id AND state = 'active')
RETURNING id;
