-- What a forge told when it was last asked for its repos. The rows of a run count once it is named
-- here, so that an inventory which comes in parts is known whole or not at all.
create table inventories (
    forge text primary key,
    url text not null,
    run_id text not null,
    at text not null,
    login text,
    is_admin integer not null,
    asked text not null,
    partial integer not null,
    notes text not null,
    total integer not null,
    hidden text not null
);

create table forge_repos (
    forge text not null,
    run_id text not null,
    id bigint not null,
    owner text not null,
    name text not null,
    full_name text not null,
    clone_url text not null,
    ssh_url text not null,
    html_url text not null,
    description text not null,
    default_branch text,
    archived integer not null,
    mirror integer not null,
    empty integer not null,
    fork integer not null,
    template integer not null,
    private integer not null,
    language text,
    size_kib bigint,
    updated_at text,
    can_pull integer,
    can_push integer,
    can_admin integer,
    has_workplans integer,
    renamed_from text,
    primary key (forge, run_id, id)
);

-- A decision about a repo that is not registered; it outlives every inventory.
create table left_out (
    forge text not null,
    forge_id bigint not null,
    full_name text not null,
    reason text not null,
    decided_by text not null,
    at text not null,
    primary key (forge, forge_id)
);
