-- Whether this very end of an attempt is written already, also if what else happened in that transaction made another of it.
SELECT 1 FROM headway_attempt AS a LEFT JOIN headway_body AS b ON b.job_id = a.job_id
WHERE a.job_id = :id AND a.epoch = :epoch AND a.node_id = :node_id
AND a.started_at = :started_at AND a.finished_at = :finished_at
AND (a.kind = :kind AND a.error IS NOT DISTINCT FROM :error OR a.code IN ('cancelled', 'children_refused'))
AND (a.kind <> 'returned' OR b.job_id IS NULL OR b.result IS NOT DISTINCT FROM :result);
