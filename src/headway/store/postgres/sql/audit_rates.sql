-- Every start since the limit was set came when there were fewer than so many in the span behind it, but for those that a
-- clock that was set back moved there.
SELECT NULL FROM headway_queue AS q
JOIN headway_start AS s ON s.app = q.app AND s.gate = 'queue_rate:' || q.name AND s.started_at > q.rated_at AND s.pulled = 0
WHERE q.rate_starts IS NOT NULL AND s.total - coalesce(
    (SELECT total FROM headway_start AS b
     WHERE b.app = s.app AND b.gate = s.gate AND b.started_at <= s.started_at - q.rate_window ORDER BY b.started_at DESC LIMIT 1),
    (SELECT total - starts FROM headway_start AS f WHERE f.app = s.app AND f.gate = s.gate ORDER BY f.started_at LIMIT 1)
) > q.rate_starts LIMIT :limit;
