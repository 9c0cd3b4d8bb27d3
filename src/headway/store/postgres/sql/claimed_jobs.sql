-- The columns stand in the order of headway.model.claim.Claim, so that the row is decoded as one. Most jobs have none of
-- the later ones. (96: it is a callback, or has results as arguments. OFFSET 0: as in jobs_by_ref.)
SELECT coalesce(json_agg(CASE WHEN
    b.options IS NULL AND b.extras IS NULL AND b.checkpoint IS NULL AND j.tags IS NULL AND j.created_by IS NULL
    AND j.user_id IS NULL AND j.batch_id IS NULL AND j.reply_to IS NULL AND j.parent_id IS NULL AND j.parents IS NULL
    AND j.interrupt_fails = 0 AND j.ties & 96 = 0 AND j.replay_of IS NULL AND j.tenant IS NULL
THEN CASE WHEN j.ties = 0 THEN json_build_array(
    j.id, j.epoch, j.name, b.payload, j.queue, j.ref_id, j.tries, j.crashes, j.retries, j.suspect, j.created_at,
    j.due_at, :now, j.app
) ELSE json_build_array(
    j.id, j.epoch, j.name, b.payload, j.queue, j.ref_id, j.tries, j.crashes, j.retries, j.suspect, j.created_at,
    j.due_at, :now, j.app, j.lane, j.key, j.batch
) END ELSE json_build_array(
    j.id, j.epoch, j.name, b.payload, j.queue, j.ref_id, j.tries, j.crashes, j.retries, j.suspect, j.created_at,
    j.due_at, :now, j.app, j.lane, j.key, j.batch, j.interrupt_fails = 1, b.options, b.extras,
    j.tags, j.created_by, j.user_id, j.batch_id, j.reply_to, j.parent_id, b.checkpoint, coalesce(j.parents, '[]')::json,
    j.callback_of, j.replay_of, b.links, j.tenant
) END ORDER BY e.place), '[]')::text
FROM jsonb_array_elements_text(:ids::jsonb) WITH ORDINALITY AS e(value, place)
CROSS JOIN LATERAL (SELECT * FROM headway_job WHERE id = e.value::bigint OFFSET 0) AS j
CROSS JOIN LATERAL (SELECT * FROM headway_body WHERE job_id = j.id OFFSET 0) AS b;
