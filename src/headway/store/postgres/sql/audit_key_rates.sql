-- Every start of a key came when there were fewer than so many in the span behind it, by the rate of some job that started
-- at that moment. Jobs that have started again since say nothing of it any more.
SELECT min(j.id) FROM headway_job AS j JOIN headway_rate AS r ON r.id = j.key_terms / 1024
JOIN headway_start AS s ON s.app = j.app AND s.gate = 'key_rate:' || j.key AND s.started_at = j.started_at AND s.pulled = 0
WHERE j.key_terms >= 1024
GROUP BY s.app, s.gate, s.started_at
HAVING min(s.total - r.starts - coalesce(
    (SELECT total FROM headway_start AS o
     WHERE o.app = s.app AND o.gate = s.gate AND o.started_at <= s.started_at - r.span ORDER BY o.started_at DESC LIMIT 1),
    (SELECT total - starts FROM headway_start AS o WHERE o.app = s.app AND o.gate = s.gate ORDER BY o.started_at LIMIT 1)
)) > 0 LIMIT :limit;
