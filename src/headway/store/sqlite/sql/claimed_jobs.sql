-- The columns stand in the order of headway.model.claim.Claim, so that the row is decoded as one. Most jobs have none of
-- the later ones: leaving those off spares a third of the text. (96: it is a callback, or has results as arguments.)
SELECT json_group_array(CASE WHEN
    b.options IS NULL AND b.extras IS NULL AND b.checkpoint IS NULL AND j.tags IS NULL AND j.created_by IS NULL
    AND j.user_id IS NULL AND j.batch_id IS NULL AND j.reply_to IS NULL AND j.parent_id IS NULL AND j.parents IS NULL
    AND j.interrupt_fails = 0 AND j.ties & 96 = 0 AND j.replay_of IS NULL AND j.tenant IS NULL
THEN iif(j.ties = 0, json_array(
    j.id, j.epoch, j.name, b.payload, j.queue, j.ref_id, j.tries, j.crashes, j.retries, j.suspect, j.created_at,
    j.due_at, :now, j.app
), json_array(
    j.id, j.epoch, j.name, b.payload, j.queue, j.ref_id, j.tries, j.crashes, j.retries, j.suspect, j.created_at,
    j.due_at, :now, j.app, j.lane, j.key, j.batch
)) ELSE json_array(
    j.id, j.epoch, j.name, b.payload, j.queue, j.ref_id, j.tries, j.crashes, j.retries, j.suspect, j.created_at,
    j.due_at, :now, j.app, j.lane, j.key, j.batch, json(iif(j.interrupt_fails, 'true', 'false')), b.options, b.extras,
    j.tags, j.created_by, j.user_id, j.batch_id, j.reply_to, j.parent_id, b.checkpoint, json(coalesce(j.parents, '[]')),
    j.callback_of, j.replay_of, b.links, j.tenant
) END)
FROM json_each(:ids) AS e
CROSS JOIN headway_job AS j ON j.id = e.value
CROSS JOIN headway_body AS b ON b.job_id = e.value;
