SELECT names, queues, concurrency, limits FROM headway_node WHERE app = :app AND state = 'active'
    AND uid NOT IN (SELECT value FROM json_each(:gone)) ORDER BY id;
