SELECT coalesce(max(epoch), 0) FROM headway_job;
