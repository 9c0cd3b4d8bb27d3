-- Run on a connection of the caller's: the file that holds its main database.
SELECT file FROM pragma_database_list WHERE name = 'main';
