-- What is asked of procrastinate's tables beside what its worker asks. A wish joins what waits in
-- one statement, for thousands of them at once, where its own door would refuse the whole batch.

-- name: request(queues, repos, hosts, reasons, keys)
insert into procrastinate_jobs (queue_name, task_name, lock, queueing_lock, args)
select queue, 'sync', key, key,
    jsonb_build_object('repo', repo, 'host', host, 'reason', reason, 'tries', 0)
from unnest(:queues::text[], :repos::text[], :hosts::text[], :reasons::text[], :keys::text[])
    as wished (queue, repo, host, reason, key)
on conflict (queueing_lock) where status = 'todo'
do update set args = excluded.args, scheduled_at = null
returning (xmax = 0) as is_new;

-- name: wait_again(queue, key, args, pause_s)!
insert into procrastinate_jobs (queue_name, task_name, lock, queueing_lock, args, scheduled_at)
values (:queue, 'sync', :key, :key, :args::jsonb, now() + :pause_s * interval '1 second')
on conflict (queueing_lock) where status = 'todo' do nothing;

-- name: jobs(host)
select job.args, job.status::text as status, job.scheduled_at,
    min(event.at) filter (where event.type = 'deferred') as asked_at,
    max(event.at) filter (where event.type = 'started') as began_at
from procrastinate_jobs job left join procrastinate_events event on event.job_id = job.id
where job.task_name = 'sync' and job.status in ('todo', 'doing')
and (:host::text is null or job.args ->> 'host' = :host)
group by job.id order by job.id;

-- name: page(host, after, after_waits, after_id, limit)
with page as (
    select id, args, status, scheduled_at from procrastinate_jobs
    where task_name = 'sync' and status in ('todo', 'doing')
    and (:host::text is null or args ->> 'host' = :host)
    and (
        :after::text is null
        or ((status = 'todo')::int, id) > (:after_waits::int, :after_id::bigint)
    )
    order by (status = 'todo')::int, id limit :limit
)
select job.id, (job.status = 'todo')::int as waits, job.args, job.status::text as status,
    job.scheduled_at,
    min(event.at) filter (where event.type = 'deferred') as asked_at,
    max(event.at) filter (where event.type = 'started') as began_at
from page job left join procrastinate_events event on event.job_id = job.id
group by job.id, job.args, job.status, job.scheduled_at order by waits, job.id;

-- name: count(host)^
select count(*) as total from procrastinate_jobs
where task_name = 'sync' and status in ('todo', 'doing')
and (:host::text is null or args ->> 'host' = :host);

-- name: reap(lost_s, worker, at_work)^
-- A job whose worker is gone waits under a number of its own, so that whoever was taken for gone
-- and ends it after all ends nothing but what it had begun. So does one that its living worker is
-- not at: the database was away when it was to be told of the end.
with lost as (
    delete from procrastinate_jobs job
    where job.status = 'doing' and job.task_name = 'sync'
    and (
        job.worker_id is null
        or (
            job.worker_id = :worker::bigint and job.id <> all(:at_work::bigint[])
            -- (one that was taken just now is not counted among those it is at yet)
            and not exists (
                select 1 from procrastinate_events event
                where event.job_id = job.id and event.type = 'started'
                and event.at > now() - :lost_s * interval '1 second'
            )
        )
        or exists (
            select 1 from procrastinate_workers worker
            where worker.id = job.worker_id
            and worker.last_heartbeat < now() - :lost_s * interval '1 second'
        )
    )
    returning job.queue_name, job.lock, job.args
), waiting as (
    insert into procrastinate_jobs (queue_name, task_name, lock, queueing_lock, args)
    select distinct on (lock) queue_name, 'sync', lock, lock, args from lost
    on conflict (queueing_lock) where status = 'todo' do nothing
)
select count(*) as lost from lost;

-- name: forget(days)!
delete from procrastinate_jobs job
where job.status = 'todo' and job.task_name = 'sync' and exists (
    select 1 from procrastinate_events event
    where event.job_id = job.id and event.type = 'deferred'
    and event.at < now() - :days * interval '1 day'
);
