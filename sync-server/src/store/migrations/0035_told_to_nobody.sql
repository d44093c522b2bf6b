-- Also entries that were kept and told to no gate: each kind once, by the first.
create table push_fault_anew (
    terminal integer not null,
    what     text not null check (what in ('fork', 'altered', 'head', 'gate', 'party', 'unknown')),
    seq      integer not null,
    first_at integer not null,
    last_at  integer not null,
    times    integer not null,
    primary key (terminal, what, seq)
) strict, without rowid;
insert into push_fault_anew select terminal, what, seq, first_at, last_at, times from push_fault;
drop table push_fault;
alter table push_fault_anew rename to push_fault;

-- How often on a day a terminal had the others told of passes that the office does not know.
create table unknown_told (
    terminal integer primary key references terminal (id),
    day      text not null,
    times    integer not null
) strict;
