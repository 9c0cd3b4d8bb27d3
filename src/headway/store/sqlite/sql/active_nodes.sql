SELECT names, queues, concurrency, limits FROM headway_node WHERE app = :app AND state = 'active' ORDER BY id;
