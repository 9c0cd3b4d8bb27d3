UPDATE headway_batch SET sealed_at = :now WHERE id = :id AND sealed_at IS NULL;
