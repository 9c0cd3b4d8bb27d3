-- Every start that a handler's rate limit remembers came when there were fewer than so many in the span behind it, by the
-- limit of some node that worked at that moment: which of them started it is not written down. Older starts are not
-- judged, nor those before a node learned another limit: what held then is forgotten. Nor is where a clock that was set
-- back moved starts to: they did not come at once.
WITH bound (app, gate, most, span, began_at, seen_at, changed_at) AS MATERIALIZED (
    SELECT n.app, 'handler_rate:' || (g.value #>> '{0,0}'), (g.value #>> '{2,0}')::bigint, (g.value #>> '{2,1}')::bigint,
        n.started_at, CASE WHEN n.state IN ('active', 'draining') THEN :now ELSE n.seen_at + :lag END, n.limits_at
    FROM headway_node AS n CROSS JOIN LATERAL jsonb_array_elements(n.limits::jsonb) AS g(value) WHERE g.value ->> 2 IS NOT NULL
)
SELECT NULL FROM headway_start AS s
WHERE s.started_at > :since AND s.started_at <= :now AND s.pulled = 0
AND NOT EXISTS (SELECT 1 FROM headway_node AS n WHERE n.app = s.app AND n.limits_at >= s.started_at)
AND (
    SELECT min(s.total - b.most - coalesce(
        (SELECT total FROM headway_start AS o
         WHERE o.app = s.app AND o.gate = s.gate AND o.started_at <= s.started_at - b.span ORDER BY o.started_at DESC LIMIT 1),
        (SELECT total - starts FROM headway_start AS o WHERE o.app = s.app AND o.gate = s.gate ORDER BY o.started_at LIMIT 1)
    )) FROM bound AS b
    WHERE b.app = s.app AND b.gate = s.gate AND b.began_at <= s.started_at AND b.seen_at >= s.started_at
) > 0 LIMIT :limit;
