-- The embedded queue. What runs has a worker, what waits has none; what is done leaves no row.

-- name: waiting(repo, host)^
select 1 from jobs where repo = :repo and host = :host and worker is null;

-- name: request(repo, host, reason, now)!
insert into jobs (repo, host, reason, tries, asked_at, due_at)
values (:repo, :host, :reason, 0, :now, :now)
on conflict (repo, host) where worker is null
do update set reason = excluded.reason, tries = 0, due_at = min(due_at, excluded.due_at);

-- name: jobs(host)
select * from jobs where :host is null or host = :host order by asked_at, id;

-- name: page(host, after, after_waits, after_id, limit)
select *, worker is null as waits from jobs
where (:host is null or host = :host)
and (:after is null or (worker is null, id) > (:after_waits, :after_id))
order by worker is null, id limit :limit;

-- name: count(host)^
select count(*) as total from jobs where :host is null or host = :host;

-- name: take(host, worker, now)^
update jobs set worker = :worker, began_at = :now, alive_at = :now
where id = (
    select waiting.id from jobs waiting
    where waiting.worker is null and waiting.host = :host and waiting.due_at <= :now
    and not exists (
        select 1 from jobs other
        where other.worker is not null and other.repo = waiting.repo and other.host = waiting.host
    )
    order by waiting.due_at, waiting.id limit 1
)
returning *;

-- name: done(id, worker)!
delete from jobs where id = :id and worker = :worker;

-- name: wait_again(repo, host, reason, tries, asked_at, due_at)!
insert into jobs (repo, host, reason, tries, asked_at, due_at)
values (:repo, :host, :reason, :tries, :asked_at, :due_at)
on conflict (repo, host) where worker is null do nothing;

-- name: beat(worker, now)!
update jobs set alive_at = :now where worker = :worker;

-- name: lost(before)
select * from jobs where worker is not null and alive_at < :before;

-- name: forget(before)!
delete from jobs where worker is null and asked_at < :before;
