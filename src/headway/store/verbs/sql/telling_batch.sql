UPDATE headway_batch SET telling = :telling WHERE id = :id;
