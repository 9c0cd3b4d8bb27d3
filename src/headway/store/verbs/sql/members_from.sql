SELECT id, state, epoch, cancel_at FROM headway_job
WHERE batch = :batch AND id >= :next ORDER BY id LIMIT :limit;
