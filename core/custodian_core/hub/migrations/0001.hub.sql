-- The hub as it begins. One text for SQLite and PostgreSQL: times are text as
-- YYYY-MM-DDTHH:MM:SSZ, truths are 0 and 1, lists and mappings are JSON.

create table hub (
    one integer primary key check (one = 1),
    hub_id text not null,
    schema_version integer not null,
    -- every writing transaction counts this up first: one writer at a time, events without gaps
    event_seq bigint not null default 0,
    made_at text not null
);

create table domains (
    slug text primary key,
    title text not null
);

create table topics (
    slug text primary key,
    domain text not null references domains (slug),
    title text not null
);

create table repos (
    id text primary key,
    slug text not null unique,
    domain text not null references domains (slug),
    topic text references topics (slug),
    remote_url text,
    forge_id bigint,
    default_branch text,
    status text not null,
    status_reason text,
    last_state_synced_at text,
    kaizen_schedule_enabled integer not null default 0,
    kaizen_schedule_updated_at text,
    created_at text not null,
    updated_at text not null,
    version integer not null default 1
);

create table repo_hosts (
    repo_id text not null references repos (id) on delete cascade,
    host text not null,
    path text not null,
    last_run_at text,
    last_ok_at text,
    outcome text,
    sealed integer,
    ahead integer,
    behind integer,
    findings text not null default '[]',
    primary key (repo_id, host)
);

create table goals (
    id text primary key,
    repo_id text not null references repos (id) on delete cascade,
    title text not null,
    description text not null,
    status text not null,
    created_at text not null,
    ended_at text
);

create unique index one_active_goal on goals (repo_id) where status = 'active';

create table workstreams (
    id text primary key,
    repo_id text not null references repos (id) on delete cascade,
    key text not null,
    title text not null,
    workplan_file text,
    status text not null,
    position integer not null,
    base text,
    created_at text not null,
    updated_at text not null,
    version integer not null default 1,
    unique (repo_id, key)
);

create index workstreams_by_key on workstreams (key);

create table tasks (
    id text primary key,
    repo_id text not null references repos (id) on delete cascade,
    workstream_id text not null references workstreams (id) on delete cascade,
    key text not null,
    title text not null,
    description text not null,
    acceptance text not null,
    status text not null,
    -- 0 critical to 3 low, so that an index gives the most urgent first
    urgency integer not null,
    position integer not null,
    depends_on text not null,
    needs_human integer not null,
    epoch integer not null default 0,
    fence integer not null default 0,
    base text,
    note text,
    created_at text not null,
    updated_at text not null,
    version integer not null default 1,
    unique (repo_id, key)
);

create index tasks_by_key on tasks (key);
create index tasks_of_workstream on tasks (workstream_id, position);
create index tasks_to_do on tasks (repo_id, status, urgency, position, key)
    where status in ('todo', 'in_progress', 'blocked');

create table task_deps (
    task_id text not null references tasks (id) on delete cascade,
    depends_on text not null,
    primary key (task_id, depends_on)
);

create index deps_on_task on task_deps (depends_on);

create table claims (
    id text primary key,
    task_id text not null references tasks (id) on delete cascade,
    repo_id text not null references repos (id) on delete cascade,
    holder text not null,
    kind text not null,
    fence integer not null,
    granted_at text not null,
    renewed_at text not null,
    expires_at text not null,
    -- from when on somebody else may take the task
    free_at text not null,
    ttl_s integer not null,
    parked integer not null default 0,
    workdir text,
    host text,
    ended_at text,
    end_reason text
);

create unique index one_claim_on_task on claims (task_id) where ended_at is null;
create index claims_of_holder on claims (holder) where ended_at is null;
create index claims_of_repo on claims (repo_id, granted_at);

create table interventions (
    id text primary key,
    repo_id text not null references repos (id) on delete cascade,
    task_id text references tasks (id) on delete set null,
    question text not null,
    context text not null,
    options text not null,
    asked_by text not null,
    since text not null,
    answer text,
    answered_by text,
    answered_at text
);

create index open_interventions on interventions (repo_id, since) where answered_at is null;
create index interventions_of_task on interventions (task_id) where answered_at is null;

-- Events outlive what they speak of, so they refer to nothing.
create table events (
    seq bigint primary key,
    at text not null,
    actor text not null,
    type text not null,
    subject_id text not null,
    subject text,
    repo_slug text,
    before text,
    after text,
    reason text,
    request_id text
);

create index events_of_subject on events (subject_id, seq);
create index events_of_repo on events (repo_slug, seq);
create index events_of_type on events (type, seq);

create table answers (
    caller text not null,
    idempotency_key text not null,
    command text not null,
    answer text not null,
    at text not null,
    primary key (caller, idempotency_key)
);

create index answers_by_age on answers (at);

create table tokens (
    id text primary key,
    name text not null unique,
    scope text not null,
    hash text not null unique,
    created_at text not null,
    revoked_at text
);

create view workstream_rows as
select w.*, r.slug as repo_slug
from workstreams w join repos r on r.id = w.repo_id;

create view task_rows as
select t.*, r.slug as repo_slug
from tasks t join repos r on r.id = t.repo_id;

create view goal_rows as
select g.*, r.slug as repo_slug
from goals g join repos r on r.id = g.repo_id;

create view claim_rows as
select c.*, r.slug as repo_slug, t.key as task_key
from claims c join repos r on r.id = c.repo_id join tasks t on t.id = c.task_id;

create view intervention_rows as
select i.*, r.slug as repo_slug, t.key as task_key
from interventions i join repos r on r.id = i.repo_id left join tasks t on t.id = i.task_id;
