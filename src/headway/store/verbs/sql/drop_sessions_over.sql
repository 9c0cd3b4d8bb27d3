DELETE FROM headway_session WHERE expires_at <= :now;
