SELECT child_id FROM headway_dependency WHERE parent_id = :id
UNION SELECT id FROM headway_job WHERE parent_id = :id ORDER BY 1 LIMIT :limit;
