SELECT s.name FROM headway_schedule AS s
WHERE s.run_count < (SELECT count(*) FROM headway_tick AS t WHERE t.schedule_id = s.id AND t.outcome = 'started')
OR s.skip_count < (SELECT count(*) FROM headway_tick AS t WHERE t.schedule_id = s.id AND t.outcome = 'skipped')
OR s.success_at < (SELECT max(ended_at) FROM headway_tick AS t WHERE t.schedule_id = s.id AND t.state = 'completed')
LIMIT :limit;
