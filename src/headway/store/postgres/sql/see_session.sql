UPDATE headway_session SET seen_at = greatest(seen_at, :now) WHERE digest = :digest;
