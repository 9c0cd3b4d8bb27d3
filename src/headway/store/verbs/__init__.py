"""What the verbs do, in any database: functions of an open transaction, with the statements that all databases read alike."""
