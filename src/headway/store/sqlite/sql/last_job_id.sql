SELECT seq FROM sqlite_sequence WHERE name = 'headway_job';
