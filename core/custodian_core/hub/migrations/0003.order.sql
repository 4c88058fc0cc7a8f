-- The next task is read in the order of an index. SQLite never used the one before: it does not
-- see that one status is among the three of the index, so it read every task of the repo.
drop index tasks_to_do;
create index tasks_by_urgency on tasks (repo_id, status, urgency, position, key);
create index tasks_pending on tasks (workstream_id, position, key)
    where status in ('todo', 'in_progress', 'blocked');
