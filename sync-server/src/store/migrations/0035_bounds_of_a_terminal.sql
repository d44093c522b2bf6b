-- Also entries that were kept and told to no gate: each kind once, by the first.
create table push_fault_anew (
    terminal integer not null references terminal (id),
    what     text not null check (what in ('fork', 'altered', 'head', 'gate', 'party', 'many', 'unknown')),
    seq      integer not null,
    first_at integer not null,
    last_at  integer not null,
    times    integer not null,
    primary key (terminal, what, seq)
) strict, without rowid;
insert into push_fault_anew select terminal, what, seq, first_at, last_at, times from push_fault;
drop table push_fault;
alter table push_fault_anew rename to push_fault;

-- How many movements of a terminal's the others were told of on a day: by passes that the office knows, and by others.
create table told (
    terminal integer primary key references terminal (id),
    day      text not null,
    known    integer not null,
    unknown  integer not null
) strict;

-- How much is set aside of a terminal. Nothing of it is ever deleted.
create table held_aside (
    terminal integer primary key references terminal (id),
    entries  integer not null,
    bytes    integer not null
) strict;
insert into held_aside select terminal, count(*), sum(octet_length(body)) from set_aside group by terminal;
