DELETE FROM headway_purged;
