-- The lease renewed, and all that the node is told: how it stands, and what it still owns, with what it should stop of that.
-- A beat that came through also shows that others could have: sweepers need not note it themselves, unless all were silent.
WITH seen AS (
    UPDATE headway_setting SET value = json_build_array(:boot_id, :boot_now, (value::json ->> 2)::bigint)::text
    WHERE name = 'sweep' AND value::json ->> 0 = :boot_id
    AND (value::json ->> 1)::bigint <= :boot_now AND (value::json ->> 1)::bigint >= :boot_now - :silence
)
UPDATE headway_node SET lease_boot = :lease_boot, seen_at = :now
WHERE id = :id AND state IN ('active', 'draining') AND boot_id = :boot_id
RETURNING state, (
    SELECT coalesce(json_agg(json_build_array(id, epoch, coalesce(cancel_at > 0, false), cancel_by)), '[]')::text
    FROM headway_job WHERE state = 'running' AND node_id = :id
);
