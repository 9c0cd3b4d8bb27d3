DELETE FROM headway_figure WHERE step = :step AND from_at >= :from AND from_at < :until;
