INSERT INTO headway_node (
    uid, app, host, pid, version, state, started_at, seen_at, boot_id, lease_boot, queues, names, concurrency, shielded, limits
) VALUES (
    :uid, :app, :host, :pid, :version, 'active', :now, :now, :boot_id, :lease_boot, :queues, :names, :concurrency, :shielded,
    :limits
)
RETURNING id;
