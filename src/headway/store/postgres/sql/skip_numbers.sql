-- Every sequence of ours. An event or a job that is entered from now on has a higher number than any in commits that were lost.
SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, coalesce(last_value, 0) + :skipped)
FROM pg_sequences WHERE schemaname = :schema AND sequencename LIKE 'headway\_%';
