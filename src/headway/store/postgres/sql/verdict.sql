-- Waits for whoever archives the job at this moment, who would delete an event that came in between.
SELECT state, code, reason FROM headway_job WHERE id = :id FOR SHARE;
