SELECT id, name, cancel_next, cancel_by FROM headway_batch WHERE cancel_next IS NOT NULL LIMIT :limit;
