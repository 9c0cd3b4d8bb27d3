UPDATE headway_batch SET batches = batches + 1 WHERE id = :id;
