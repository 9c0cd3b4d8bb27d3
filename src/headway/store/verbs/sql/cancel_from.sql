UPDATE headway_batch SET cancel_next = :next WHERE id = :id;
