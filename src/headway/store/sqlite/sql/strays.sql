-- Of these records of a month's file, those whose job is whole in the main file, which wins: copies that a crash left there.
SELECT i.value FROM json_each(:ids) AS i JOIN headway_job AS j ON j.id = i.value WHERE j.archived = 0;
