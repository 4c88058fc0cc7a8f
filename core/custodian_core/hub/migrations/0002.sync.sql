-- What a host saw at its last sync, so that the next one knows whether anything moved since.
alter table repo_hosts add column head text;
alter table repo_hosts add column digest text;
alter table repo_hosts add column revision bigint;

-- How each run went; old ones are dropped.
create table sync_runs (
    id text primary key,
    repo_id text not null references repos (id) on delete cascade,
    host text not null,
    at text not null,
    outcome text not null,
    sealed integer,
    report text not null
);

create index sync_runs_of_repo on sync_runs (repo_id, at);

-- Who writes in a repo just now, on whichever host.
create table repo_leases (
    repo_id text primary key references repos (id) on delete cascade,
    host text not null,
    run_id text not null,
    until text not null
);

create view sync_run_rows as
select s.*, r.slug as repo_slug
from sync_runs s join repos r on r.id = s.repo_id;
