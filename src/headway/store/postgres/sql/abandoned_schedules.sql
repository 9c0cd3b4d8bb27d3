-- Those of these whose definition is in the code of no node that lives, or ended only just.
SELECT s.id FROM (SELECT jsonb_array_elements_text(:ids::jsonb)::bigint AS value) AS e JOIN headway_schedule AS s ON s.id = e.value
WHERE NOT EXISTS (
    SELECT 1 FROM headway_declaration AS d JOIN headway_node AS n ON n.id = d.node_id
    WHERE d.schedule_id = s.id AND d.digest = s.digest
    AND (n.state = 'active' OR n.state = 'draining' OR n.seen_at >= :gone_at)
);
