INSERT INTO headway_batch_answer (batch, ref_id) VALUES (:batch, :ref_id)
ON CONFLICT DO NOTHING;