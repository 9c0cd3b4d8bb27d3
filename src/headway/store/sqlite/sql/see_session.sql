UPDATE headway_session SET seen_at = max(seen_at, :now) WHERE digest = :digest;
