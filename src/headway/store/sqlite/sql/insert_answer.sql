INSERT OR IGNORE INTO headway_batch_answer (batch, ref_id) VALUES (:batch, :ref_id);
