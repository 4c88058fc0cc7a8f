-- Every statement of the hub, one text for SQLite and PostgreSQL.
-- A filter that nobody gave is null; `cast` tells PostgreSQL what a null would have been.

-- name: hub()^
select hub_id, schema_version from hub;

-- name: begin_hub(hub_id, schema_version, at)!
insert into hub (one, hub_id, schema_version, made_at) values (1, :hub_id, :schema_version, :at)
on conflict (one) do nothing;

-- name: raise_schema(schema_version)!
update hub set schema_version = :schema_version where schema_version < :schema_version;

-- name: commit()!
commit;

-- name: mark()!
-- (of several works in one transaction, one that fails is taken back to here)
savepoint work;

-- name: unmark()!
release savepoint work;

-- name: back_to_mark()!
rollback to savepoint work;

-- name: put_seq(seq)!
update hub set event_seq = :seq;

-- name: add_event(seq, at, actor, type, subject_id, subject, repo_slug, before, after, reason, request_id)!
insert into events
    (seq, at, actor, type, subject_id, subject, repo_slug, before, after, reason, request_id)
values
    (:seq, :at, :actor, :type, :subject_id, :subject, :repo_slug, :before, :after, :reason, :request_id);

-- name: events(after, repo, type, subject, limit)
select * from events
where seq > :after
  and (cast(:repo as text) is null or repo_slug = :repo)
  and (cast(:type as text) is null or type = :type)
  and (cast(:subject as text) is null or subject_id = :subject or subject = :subject)
order by seq limit :limit;

-- name: count_events(repo, type, subject)^
select count(*) from events
where (cast(:repo as text) is null or repo_slug = :repo)
  and (cast(:type as text) is null or type = :type)
  and (cast(:subject as text) is null or subject_id = :subject or subject = :subject);

-- name: latest_events(before, repo, type, actor, limit)
select * from events
where (cast(:before as bigint) is null or seq < :before)
  and (cast(:repo as text) is null or repo_slug = :repo)
  and (cast(:type as text) is null or type = :type)
  and (cast(:actor as text) is null or actor = :actor)
order by seq desc limit :limit;

-- name: event_types()
-- Each step finds the next type in the index, so that a long log is not read for a few words.
with recursive types (type) as (
    select min(type) from events
    union all
    select (select min(e.type) from events e where e.type > types.type) from types
    where types.type is not null
)
select type from types where type is not null;

-- name: last_event(type, subject_id)^
select * from events where type = :type and subject_id = :subject_id order by seq desc limit 1;

-- name: last_events(type)
select * from events
where seq in (select max(seq) from events where type = :type group by subject_id)
order by subject, seq;

-- name: flow_begins(since)^
select seq from events where at >= :since order by seq limit 1;

-- name: flow_added(first, repo)
select subject_id, at from events
where type = 'task.added' and seq < :first
  and (cast(:repo as text) is null or repo_slug = :repo);

-- name: flow_blocked(first, repo)
-- What was the last word on a task by then, and may have said that it is blocked.
select at, type, subject_id, after from events e
where type in ('task.added', 'task.status', 'task.reopened') and seq < :first
  and after like '%"blocked"%' and (cast(:repo as text) is null or repo_slug = :repo)
  and not exists (
    select 1 from events later
    where later.subject_id = e.subject_id and later.seq > e.seq and later.seq < :first
      and later.type in ('task.added', 'task.status', 'task.reopened'));

-- name: flow_since(first, repo)
select at, type, subject_id, after from events
where type in ('task.added', 'task.status', 'task.reopened', 'repo.synced') and seq >= :first
  and (cast(:repo as text) is null or repo_slug = :repo)
order by seq;

-- name: kept_answer(caller, idempotency_key)^
select command, answer from answers where caller = :caller and idempotency_key = :idempotency_key;

-- name: keep_answer(caller, idempotency_key, command, answer, at)!
insert into answers (caller, idempotency_key, command, answer, at)
values (:caller, :idempotency_key, :command, :answer, :at);

-- name: forget_answers(before)!
delete from answers where at < :before;

-- name: domains()
select slug, title from domains order by slug;

-- name: add_domain(slug, title)!
insert into domains (slug, title) values (:slug, :title)
on conflict (slug) do nothing;

-- name: name_domain(slug, title)!
update domains set title = :title where slug = :slug;

-- name: topics(domain)
select slug, domain, title from topics
where (cast(:domain as text) is null or domain = :domain) order by slug;

-- name: add_topic(slug, domain, title)!
insert into topics (slug, domain, title) values (:slug, :domain, :title)
on conflict (slug) do update set domain = excluded.domain, title = excluded.title;

-- name: repo_row(slug)^
select * from repos where slug = :slug;

-- name: repo(slug)^
-- (a sync that was asked for or recorded, and a run that was prepared, change nothing that a sync
-- would have to write)
select repos.*, coalesce((select e.seq from events e where e.repo_slug = repos.slug
    and e.type not in ('repo.synced', 'kaizen.schedule.prepared', 'sync.requested')
    order by e.seq desc limit 1), 0) as revision
from repos where slug = :slug;

-- name: repo_slugs()
select slug from repos order by slug;

-- name: tasks_by_status()
select r.slug, t.status, count(*) as number
from repos r join tasks t on t.repo_id = r.id group by r.slug, t.status;

-- name: work_by_repo(now)
-- (what goes on is found among itself: repo by repo, SQLite would read all that ever ended there)
select r.slug, coalesce(work.claims, 0) as claims, coalesce(work.questions, 0) as questions
from repos r left join (
    select repo_id, sum(claims) as claims, sum(questions) as questions from (
        select repo_id, 1 as claims, 0 as questions from claims
        where ended_at is null and (parked = 1 or free_at > :now)
        union all
        select repo_id, 0, 1 from interventions where answered_at is null
    ) as going_on group by repo_id
) work on work.repo_id = r.id
order by r.slug;

-- name: repos(slug, domain, status, kaizen, host, synced_before, after, limit)
select repos.*, coalesce((select e.seq from events e where e.repo_slug = repos.slug
    and e.type not in ('repo.synced', 'kaizen.schedule.prepared', 'sync.requested')
    order by e.seq desc limit 1), 0) as revision
from repos
where (cast(:slug as text) is null or slug = :slug)
  and (cast(:domain as text) is null or domain = :domain)
  and (cast(:status as text) is null or status = :status)
  and (cast(:kaizen as integer) is null or kaizen_schedule_enabled = :kaizen)
  and (cast(:host as text) is null
       or id in (select repo_id from repo_hosts where host = :host))
  and (cast(:synced_before as text) is null
       or last_state_synced_at is null or last_state_synced_at < :synced_before)
  and (cast(:after as text) is null or slug > :after)
order by slug limit :limit;

-- name: hosts_of_repos(slug, domain, status, kaizen, host, synced_before, after, limit)
-- The hosts of the repos of a page, and not those of the whole fleet.
with page as (
    select id from repos
    where (cast(:slug as text) is null or slug = :slug)
      and (cast(:domain as text) is null or domain = :domain)
      and (cast(:status as text) is null or status = :status)
      and (cast(:kaizen as integer) is null or kaizen_schedule_enabled = :kaizen)
      and (cast(:host as text) is null
           or id in (select repo_id from repo_hosts where host = :host))
      and (cast(:synced_before as text) is null
           or last_state_synced_at is null or last_state_synced_at < :synced_before)
      and (cast(:after as text) is null or slug > :after)
    order by slug limit :limit
)
select h.* from page join repo_hosts h on h.repo_id = page.id order by h.host;

-- name: count_repos(slug, domain, status, kaizen, host, synced_before)^
select count(*) from repos
where (cast(:slug as text) is null or slug = :slug)
  and (cast(:domain as text) is null or domain = :domain)
  and (cast(:status as text) is null or status = :status)
  and (cast(:kaizen as integer) is null or kaizen_schedule_enabled = :kaizen)
  and (cast(:host as text) is null
       or id in (select repo_id from repo_hosts where host = :host))
  and (cast(:synced_before as text) is null
       or last_state_synced_at is null or last_state_synced_at < :synced_before);

-- name: repos_like(forge_id, part)
select slug from repos where forge_id = :forge_id or lower(remote_url) like :part order by slug;

-- name: repo_hosts(repo_id)
select * from repo_hosts where repo_id = :repo_id order by host;

-- name: repo_host(repo_id, host)^
select * from repo_hosts where repo_id = :repo_id and host = :host;

-- name: add_repo(id, slug, domain, topic, remote_url, forge_id, default_branch, status, at)!
insert into repos
    (id, slug, domain, topic, remote_url, forge_id, default_branch, status, created_at, updated_at)
values
    (:id, :slug, :domain, :topic, :remote_url, :forge_id, :default_branch, :status, :at, :at);

-- name: put_repo(id, domain, topic, remote_url, forge_id, default_branch, status, status_reason, last_state_synced_at, kaizen_schedule_enabled, kaizen_schedule_updated_at, at)!
update repos set
    domain = :domain, topic = :topic, remote_url = :remote_url, forge_id = :forge_id,
    default_branch = :default_branch, status = :status, status_reason = :status_reason,
    last_state_synced_at = :last_state_synced_at,
    kaizen_schedule_enabled = :kaizen_schedule_enabled,
    kaizen_schedule_updated_at = :kaizen_schedule_updated_at,
    updated_at = :at, version = version + 1
where id = :id;

-- name: put_synced(id, at)!
update repos set last_state_synced_at = :at, updated_at = :at, version = version + 1
where id = :id;

-- name: drop_repo(id)!
delete from repos where id = :id;

-- name: put_host(repo_id, host, path)!
insert into repo_hosts (repo_id, host, path) values (:repo_id, :host, :path)
on conflict (repo_id, host) do update set path = excluded.path;

-- name: drop_host(repo_id, host)!
delete from repo_hosts where repo_id = :repo_id and host = :host;

-- name: put_sync(repo_id, host, path, last_run_at, last_ok_at, outcome, sealed, ahead, behind, findings, head, digest, revision)!
insert into repo_hosts
    (repo_id, host, path, last_run_at, last_ok_at, outcome, sealed, ahead, behind, findings,
     head, digest, revision)
values
    (:repo_id, :host, :path, :last_run_at, :last_ok_at, :outcome, :sealed, :ahead, :behind, :findings,
     :head, :digest, :revision)
on conflict (repo_id, host) do update set
    path = excluded.path, last_run_at = excluded.last_run_at,
    last_ok_at = coalesce(excluded.last_ok_at, repo_hosts.last_ok_at),
    outcome = excluded.outcome, sealed = excluded.sealed, ahead = excluded.ahead,
    behind = excluded.behind, findings = excluded.findings,
    head = excluded.head, digest = excluded.digest, revision = excluded.revision;

-- name: add_sync_run(id, repo_id, host, at, outcome, sealed, report)!
insert into sync_runs (id, repo_id, host, at, outcome, sealed, report)
values (:id, :repo_id, :host, :at, :outcome, :sealed, :report)
on conflict (id) do nothing;

-- name: forget_sync_runs(repo_id, before)!
delete from sync_runs where repo_id = :repo_id and at < :before;

-- name: sync_runs(repo, host, limit)
select * from sync_run_rows
where repo_slug = :repo and (cast(:host as text) is null or host = :host)
order by at desc, id limit :limit;

-- name: runs_since(since)
select outcome, count(*) as runs from sync_runs where at >= :since group by outcome order by outcome;

-- name: run_hours(slugs, width, number, since)
-- (the slugs stand one behind the other, each as wide as the widest, which both databases can cut;
-- the cross join has SQLite begin with the repos: it would read the runs of all by their age)
with recursive places (place) as (
    select 0 union all select place + 1 from places where place + 1 < cast(:number as integer)
)
select r.slug as repo_slug, substr(s.at, 1, 13) || ':00:00Z' as hour, count(*) as runs,
    sum(case when s.outcome in ('ok', 'findings') and coalesce(s.sealed, 1) = 1 then 0 else 1 end)
        as failed
from repos r cross join sync_runs s
where r.slug in (
    select rtrim(substr(cast(:slugs as text), 1 + place * cast(:width as integer),
                        cast(:width as integer))) from places)
  and s.repo_id = r.id and s.at >= :since
group by r.slug, substr(s.at, 1, 13)
order by r.slug, hour;

-- name: lease(repo_id)^
select host, run_id, until from repo_leases where repo_id = :repo_id;

-- name: put_lease(repo_id, host, run_id, until)!
insert into repo_leases (repo_id, host, run_id, until) values (:repo_id, :host, :run_id, :until)
on conflict (repo_id) do update set
    host = excluded.host, run_id = excluded.run_id, until = excluded.until;

-- name: drop_lease(repo_id, host, run_id)!
delete from repo_leases where repo_id = :repo_id and host = :host and run_id = :run_id;

-- name: inventories()
select * from inventories order by forge;

-- name: put_inventory(forge, url, run_id, at, login, is_admin, asked, partial, notes, total, hidden)!
insert into inventories
    (forge, url, run_id, at, login, is_admin, asked, partial, notes, total, hidden)
values
    (:forge, :url, :run_id, :at, :login, :is_admin, :asked, :partial, :notes, :total, :hidden)
on conflict (forge) do update set
    url = excluded.url, run_id = excluded.run_id, at = excluded.at, login = excluded.login,
    is_admin = excluded.is_admin, asked = excluded.asked, partial = excluded.partial,
    notes = excluded.notes, total = excluded.total, hidden = excluded.hidden;

-- name: put_forge_repo(forge, run_id, id, owner, name, full_name, clone_url, ssh_url, html_url, description, default_branch, archived, mirror, empty, fork, template, private, language, size_kib, updated_at, can_pull, can_push, can_admin, has_workplans, renamed_from)!
insert into forge_repos
    (forge, run_id, id, owner, name, full_name, clone_url, ssh_url, html_url, description,
    default_branch, archived, mirror, empty, fork, template, private, language, size_kib,
    updated_at, can_pull, can_push, can_admin, has_workplans, renamed_from)
values
    (:forge, :run_id, :id, :owner, :name, :full_name, :clone_url, :ssh_url, :html_url, :description,
    :default_branch, :archived, :mirror, :empty, :fork, :template, :private, :language, :size_kib,
    :updated_at, :can_pull, :can_push, :can_admin, :has_workplans, :renamed_from)
on conflict (forge, run_id, id) do nothing;

-- name: count_forge_repos_of_run(forge, run_id)^
select count(*) from forge_repos where forge = :forge and run_id = :run_id;

-- name: forget_forge_repos(forge, run_id)!
delete from forge_repos where forge = :forge and run_id <> :run_id;

-- name: forge_repos(forge, after_name, after_id, limit)
select r.* from forge_repos r join inventories i on i.forge = r.forge and i.run_id = r.run_id
where r.forge = :forge
  and (cast(:after_name as text) is null or r.full_name > :after_name
       or (r.full_name = :after_name and r.id > :after_id))
order by r.full_name, r.id limit :limit;

-- name: count_forge_repos(forge)^
select count(*) from forge_repos r
join inventories i on i.forge = r.forge and i.run_id = r.run_id where r.forge = :forge;

-- name: left_out(forge, forge_id)^
select * from left_out where forge = :forge and forge_id = :forge_id;

-- name: every_left_out()
select * from left_out order by forge, full_name, forge_id;

-- name: put_left_out(forge, forge_id, full_name, reason, by, at)!
insert into left_out (forge, forge_id, full_name, reason, decided_by, at)
values (:forge, :forge_id, :full_name, :reason, :by, :at)
on conflict (forge, forge_id) do update set
    full_name = excluded.full_name, reason = excluded.reason,
    decided_by = excluded.decided_by, at = excluded.at;

-- name: drop_left_out(forge, forge_id)!
delete from left_out where forge = :forge and forge_id = :forge_id;

-- name: goals(repo)
select * from goal_rows where repo_slug = :repo
order by case status when 'active' then 0 else 1 end, created_at desc, id;

-- name: active_goal(repo)^
select * from goal_rows where repo_slug = :repo and status = 'active';

-- name: add_goal(id, repo_id, title, description, at)!
insert into goals (id, repo_id, title, description, status, created_at)
values (:id, :repo_id, :title, :description, 'active', :at);

-- name: end_goal(id, status, at)!
update goals set status = :status, ended_at = :at where id = :id;

-- name: workstreams(repo, status, after, limit)
select * from workstream_rows
where (cast(:repo as text) is null or repo_slug = :repo)
  and (cast(:status as text) is null or status = :status)
  and (cast(:after as text) is null or id > :after)
order by id limit :limit;

-- name: count_workstreams(repo, status)^
select count(*) from workstream_rows
where (cast(:repo as text) is null or repo_slug = :repo)
  and (cast(:status as text) is null or status = :status);

-- name: workstreams_named(name)
select * from workstream_rows where id = :name or key = :name order by repo_slug limit 3;

-- name: workstreams_of(repo)
select * from workstream_rows where repo_slug = :repo order by position, key;

-- name: active_workstreams(repo)
select w.id, w.key, w.title, w.workplan_file, (
    select count(*) from tasks t
    where t.workstream_id = w.id and t.status in ('todo', 'in_progress', 'blocked')
) as pending_total
from workstreams w where w.repo_id = (select id from repos where slug = :repo)
  and exists (select 1 from tasks t where t.workstream_id = w.id
              and t.status in ('todo', 'in_progress', 'blocked'))
order by w.position, w.key;

-- name: workstream_keys_like(part)
select key from workstreams where key like :part order by key limit 200;

-- name: next_workstream_position(repo_id)^
select coalesce(max(position), 0) + 1 from workstreams where repo_id = :repo_id;

-- name: add_workstream(id, repo_id, key, title, workplan_file, status, position, base, at)!
insert into workstreams
    (id, repo_id, key, title, workplan_file, status, position, base, created_at, updated_at)
values
    (:id, :repo_id, :key, :title, :workplan_file, :status, :position, :base, :at, :at);

-- name: put_workstream(id, title, workplan_file, status, position, base, at)!
update workstreams set
    title = :title, workplan_file = :workplan_file, status = :status, position = :position,
    base = :base, updated_at = :at, version = version + 1
where id = :id;

-- name: tasks(repo, workstream, status, urgency, needs_human, after, after_key, after_id, limit)
select * from task_rows
where (cast(:repo as text) is null or repo_slug = :repo)
  and (cast(:workstream as text) is null or workstream_id = :workstream)
  and (cast(:status as text) is null or status = :status)
  and (cast(:urgency as integer) is null or urgency = :urgency)
  and (cast(:needs_human as integer) is null or needs_human = :needs_human)
  and (cast(:after as text) is null or key > :after_key or (key = :after_key and id > :after_id))
order by key, id limit :limit;

-- name: count_tasks(repo, workstream, status, urgency, needs_human)^
select count(*) from task_rows
where (cast(:repo as text) is null or repo_slug = :repo)
  and (cast(:workstream as text) is null or workstream_id = :workstream)
  and (cast(:status as text) is null or status = :status)
  and (cast(:urgency as integer) is null or urgency = :urgency)
  and (cast(:needs_human as integer) is null or needs_human = :needs_human);

-- name: tasks_named(name)
select * from task_rows where id = :name or key = :name order by repo_slug limit 3;

-- name: task_of_repo(repo, key)^
select * from task_rows where repo_slug = :repo and key = :key;

-- name: tasks_of(repo)
select * from task_rows where repo_slug = :repo order by workstream_id, position, key;

-- name: task_keys_like(part)
select key from tasks where key like :part order by key limit 200;

-- name: next_task_position(workstream_id)^
select coalesce(max(position), 0) + 1 from tasks where workstream_id = :workstream_id;

-- name: add_task(id, repo_id, workstream_id, key, title, description, acceptance, status, urgency, position, depends_on, needs_human, base, at)!
insert into tasks
    (id, repo_id, workstream_id, key, title, description, acceptance, status, urgency, position,
     depends_on, needs_human, base, created_at, updated_at)
values
    (:id, :repo_id, :workstream_id, :key, :title, :description, :acceptance, :status, :urgency,
     :position, :depends_on, :needs_human, :base, :at, :at);

-- name: put_task(id, workstream_id, title, description, acceptance, status, urgency, position, depends_on, needs_human, epoch, fence, base, note, at)!
update tasks set
    workstream_id = :workstream_id, title = :title, description = :description,
    acceptance = :acceptance, status = :status, urgency = :urgency, position = :position,
    depends_on = :depends_on, needs_human = :needs_human, epoch = :epoch, fence = :fence,
    base = :base, note = :note, updated_at = :at, version = version + 1
where id = :id;

-- name: put_fence(id, fence)!
update tasks set fence = :fence where id = :id;

-- name: put_base(id, base)!
update tasks set base = :base where id = :id;

-- name: put_workstream_base(id, base)!
update workstreams set base = :base where id = :id;

-- name: drop_deps(task_id)!
delete from task_deps where task_id = :task_id;

-- name: add_dep(task_id, depends_on)!
insert into task_deps (task_id, depends_on) values (:task_id, :depends_on)
on conflict (task_id, depends_on) do nothing;

-- name: pending_tasks(workstream_id)
-- So many of a workstream does a dispatch show. (Their number stands here, as PostgreSQL plans anew
-- for each that it is told.)
select id, key, title, status, urgency, needs_human, depends_on from tasks t
where workstream_id = :workstream_id and status in ('todo', 'in_progress', 'blocked')
order by position, key limit 20;

-- name: begun(repo, holder, now)
-- The task the holder has a claim on, the one last touched; and of those in progress that nobody has
-- the right to work on, the most urgent. What stands against a task is counted: of `not exists`
-- PostgreSQL makes a join with the claims and questions of the whole fleet, and that a count is 0 it
-- takes for so rare that it looks through every task where the first few by the index would do.
select * from (
    select t.*, cast(:repo as text) as repo_slug, 0 as turn, 1 as open_claims
    from tasks t join claims c on c.task_id = t.id and c.ended_at is null
    where c.repo_id = (select id from repos where slug = :repo) and c.holder = :holder
      and t.status in ('todo', 'in_progress', 'blocked') and (c.parked = 1 or c.free_at > :now)
    order by c.renewed_at desc, t.key limit 1
) as own
union all
select * from (
    select t.*, cast(:repo as text) as repo_slug, 1 as turn,
        (select count(*) from claims c where c.task_id = t.id and c.ended_at is null) as open_claims
    from tasks t
    where t.repo_id = (select id from repos where slug = :repo)
      and t.status = 'in_progress' and t.needs_human = 0
      and (select count(*) from claims c where c.task_id = t.id and c.ended_at is null
           and (c.parked = 1 or c.free_at > :now)) < 1
      and (select count(*) from interventions i
           where i.task_id = t.id and i.answered_at is null) < 1
    order by t.urgency, t.position, t.key limit 1
) as abandoned;

-- name: ready(repo, now)
-- Of the most urgent tasks that could be begun (so many are weighed) the one that unblocks most, then the plan's own
-- order; an unknown dependency is not a finished one.
select task.*, cast(:repo as text) as repo_slug,
    (select count(*) from claims c where c.task_id = task.id and c.ended_at is null) as open_claims
from (
    select t.id, (select count(*) from task_deps u where u.depends_on = t.key) as unblocks
    from tasks t
    where t.repo_id = (select id from repos where slug = :repo)
      and t.status = 'todo' and t.needs_human = 0
      and (select count(*) from claims c where c.task_id = t.id and c.ended_at is null
           and (c.parked = 1 or c.free_at > :now)) < 1
      and (select count(*) from interventions i
           where i.task_id = t.id and i.answered_at is null) < 1
      and not exists (select 1 from task_deps d where d.task_id = t.id
                      and not exists (select 1 from tasks x where x.key = d.depends_on
                                      and x.status in ('done', 'cancelled')))
    order by t.urgency, t.position, t.key limit 32
) as first join tasks task on task.id = first.id
order by task.urgency, first.unblocks desc, task.position, task.key, task.id limit 1;

-- name: open_claim(task_id)^
select * from claim_rows where task_id = :task_id and ended_at is null;

-- name: open_claims_of(holder)
select id, ttl_s from claims where holder = :holder and ended_at is null;

-- name: claim(id)^
select * from claim_rows where id = :id;

-- name: claims(repo, holder, live, now)
select * from claim_rows
where (cast(:repo as text) is null or repo_slug = :repo)
  and (cast(:holder as text) is null or holder = :holder)
  and (:live = 0 or (ended_at is null and (parked = 1 or free_at > :now)))
order by granted_at desc, id limit 500;

-- name: claim_in_workdir(host, workdir, now)^
select * from claim_rows
where coalesce(host, '') = coalesce(cast(:host as text), '') and workdir = :workdir and ended_at is null and (parked = 1 or free_at > :now);

-- name: add_claim(id, task_id, holder, kind, fence, at, expires_at, free_at, ttl_s, workdir, host)!
insert into claims
    (id, task_id, repo_id, holder, kind, fence, granted_at, renewed_at, expires_at, free_at, ttl_s,
     workdir, host)
select
    :id, t.id, t.repo_id, :holder, :kind, :fence, :at, :at, :expires_at, :free_at,
    cast(:ttl_s as integer), :workdir, :host
from tasks t where t.id = :task_id;

-- name: renew_claim(id, at, expires_at, free_at, parked)!
update claims set
    renewed_at = :at, expires_at = :expires_at, free_at = :free_at, parked = :parked
where id = :id and ended_at is null;

-- name: touch_claim(id, at, expires_at, free_at)!
update claims set renewed_at = :at, expires_at = :expires_at, free_at = :free_at
where id = :id and ended_at is null;

-- name: end_claim(id, at, reason)!
update claims set ended_at = :at, end_reason = :reason, parked = 0 where id = :id and ended_at is null;

-- name: interventions(repo, is_open, after, after_since, after_id, limit)
select * from intervention_rows
where (cast(:repo as text) is null or repo_slug = :repo)
  and (cast(:is_open as integer) is null or (answered_at is null) = (:is_open = 1))
  and (cast(:after as text) is null or since > :after_since or (since = :after_since and id > :after_id))
order by since, id limit :limit;

-- name: count_interventions(repo, is_open)^
select count(*) from intervention_rows
where (cast(:repo as text) is null or repo_slug = :repo)
  and (cast(:is_open as integer) is null or (answered_at is null) = (:is_open = 1));

-- name: intervention(id)^
select * from intervention_rows where id = :id;

-- name: open_questions_of_task(task_id)^
select count(*) from interventions where task_id = :task_id and answered_at is null;

-- name: add_intervention(id, repo_id, task_id, question, context, options, asked_by, at)!
insert into interventions
    (id, repo_id, task_id, question, context, options, asked_by, since)
values
    (:id, :repo_id, :task_id, :question, :context, :options, :asked_by, :at);

-- name: answer_intervention(id, answer, answered_by, at)!
update interventions set answer = :answer, answered_by = :answered_by, answered_at = :at
where id = :id and answered_at is null;

-- name: held_up()
-- Tasks that a question holds up: its own, and how many wait for that one.
select q.task_id, 1 + (
    select count(*) from task_deps d join tasks w on w.id = d.task_id
    where d.depends_on = t.key and w.status in ('todo', 'in_progress', 'blocked')
) as tasks
from interventions q join tasks t on t.id = q.task_id
where q.answered_at is null;

-- name: tokens()
select id, name, scope, created_at, revoked_at from tokens order by name;

-- name: token_named(name)^
select id, name, scope, created_at, revoked_at from tokens where name = :name;

-- name: token_live(id)^
select id, name, scope, created_at, revoked_at, hash from tokens
where id = :id and revoked_at is null;

-- name: token_hashed(hash)^
select id, name, scope, created_at, revoked_at, hash from tokens
where hash = :hash and revoked_at is null;

-- name: add_token(id, name, scope, hash, at)!
insert into tokens (id, name, scope, hash, created_at) values (:id, :name, :scope, :hash, :at);

-- name: revoke_token(name, at)!
update tokens set revoked_at = :at where name = :name and revoked_at is null;

-- name: cursor(name)^
select seq from cursors where name = :name;

-- name: put_cursor(name, seq)!
insert into cursors (name, seq) values (:name, :seq)
on conflict (name) do update set seq = excluded.seq;

-- name: events_to_tell(after, asked, synced, limit)
select * from events where seq > :after and type in (:asked, :synced) order by seq limit :limit;

-- name: last_runs()
select h.host, max(h.last_run_at) as at from repo_hosts h join repos r on r.id = h.repo_id
where h.last_run_at is not null and r.status = 'active' group by h.host;

-- name: notice(id)^
select id from notices where id = :id;

-- name: add_notice(id, at, kind, body, due_at)!
insert into notices (id, at, kind, body, due_at) values (:id, :at, :kind, :body, :due_at)
on conflict (id) do nothing;

-- name: due_notices(now, limit)
select body, tries, due_at from notices
where sent_at is null and gave_up_at is null and due_at <= :now order by due_at, id limit :limit;

-- name: take_notice(id, tries, due_at)!
update notices set tries = tries + 1, due_at = :due_at
where id = :id and tries = :tries and sent_at is null and gave_up_at is null;

-- name: end_notice(id, sent_at, gave_up_at)!
update notices set sent_at = :sent_at, gave_up_at = :gave_up_at where id = :id;

-- name: forget_notices(before)!
delete from notices where at < :before;
