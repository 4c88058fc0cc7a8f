-- How many runs ended lately is asked every few seconds.
create index sync_runs_by_age on sync_runs (at);

-- How far each reader of the event log has come, for those who share one reading.
create table cursors (
    name text primary key,
    seq bigint not null
);

-- What is told to whoever wants to know. Who tells it moves `due_at` first, so that no other does;
-- who ends midway is followed by another when it is due.
create table notices (
    id text primary key,
    at text not null,
    kind text not null,
    body text not null,
    tries integer not null default 0,
    due_at text not null,
    sent_at text,
    gave_up_at text
);

create index notices_due on notices (due_at) where sent_at is null and gave_up_at is null;
create index notices_by_age on notices (at);
