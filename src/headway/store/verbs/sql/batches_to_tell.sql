SELECT id FROM headway_batch WHERE telling = 1 LIMIT :limit;
