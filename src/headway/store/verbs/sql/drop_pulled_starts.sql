DELETE FROM headway_start WHERE started_at > :now;
