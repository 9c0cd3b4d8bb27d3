-- Sets the jobs running and tells what they are, in one way to the server and back. The columns stand in the order of
-- headway.model.claim.Claim, so that each is decoded as one. Most jobs have none of the later ones, and theirs are put
-- together as text, which costs half of what an array of JSON does: none of these columns is ever NULL. (96: it is a callback, or
-- has results as arguments. || '': by their numbers, never by the index of what is ready, which the server may take for short.
-- OFFSET 0: as in jobs_by_ref.)
WITH granted AS (
    UPDATE headway_job
    SET state = 'running', epoch = greatest(epoch, :floor) + 1, node_id = :node_id, started_at = :now, code = NULL, reason = NULL
    WHERE id = ANY (ARRAY(SELECT jsonb_array_elements_text(:ids::jsonb)::bigint)) AND state || '' = 'queued' AND blocked IS NULL
    RETURNING
        id, epoch, name, queue, ref_id, tries, crashes, retries, suspect, created_at, due_at, app, ties, lane, key, batch,
        interrupt_fails, tags, created_by, user_id, batch_id, reply_to, parent_id, parents, callback_of, replay_of, tenant
)
SELECT '[' || coalesce(string_agg(CASE WHEN
    b.options IS NULL AND b.extras IS NULL AND b.checkpoint IS NULL AND j.tags IS NULL AND j.created_by IS NULL
    AND j.user_id IS NULL AND j.batch_id IS NULL AND j.reply_to IS NULL AND j.parent_id IS NULL AND j.parents IS NULL
    AND j.interrupt_fails = 0 AND j.ties & 96 = 0 AND j.replay_of IS NULL AND j.tenant IS NULL
THEN CASE WHEN j.ties = 0 THEN concat('[', concat_ws(',',
    j.id, j.epoch, to_json(j.name), to_json(b.payload), to_json(j.queue), to_json(j.ref_id), j.tries, j.crashes, j.retries,
    j.suspect, j.created_at, j.due_at, :now, to_json(j.app)
), ']') ELSE json_build_array(
    j.id, j.epoch, j.name, b.payload, j.queue, j.ref_id, j.tries, j.crashes, j.retries, j.suspect, j.created_at,
    j.due_at, :now, j.app, j.lane, j.key, j.batch
)::text END ELSE json_build_array(
    j.id, j.epoch, j.name, b.payload, j.queue, j.ref_id, j.tries, j.crashes, j.retries, j.suspect, j.created_at,
    j.due_at, :now, j.app, j.lane, j.key, j.batch, j.interrupt_fails = 1, b.options, b.extras,
    j.tags, j.created_by, j.user_id, j.batch_id, j.reply_to, j.parent_id, b.checkpoint, coalesce(j.parents, '[]')::json,
    j.callback_of, j.replay_of, b.links, j.tenant
)::text END, ','), '') || ']'
FROM granted AS j
CROSS JOIN LATERAL (SELECT * FROM headway_body WHERE job_id = j.id OFFSET 0) AS b;
