DELETE FROM headway_dependency WHERE child_id IN (SELECT value FROM json_each(:ids)) OR parent_id IN (SELECT value FROM json_each(:ids));
