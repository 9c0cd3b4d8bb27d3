SELECT names, queues, concurrency, limits FROM headway_node WHERE app = :app AND state = 'active'
    AND uid NOT IN (SELECT jsonb_array_elements_text(:gone::jsonb)) ORDER BY id;
