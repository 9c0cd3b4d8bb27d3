DELETE FROM headway_session WHERE digest = :digest;
