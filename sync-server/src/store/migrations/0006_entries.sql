-- Each terminal's chain as it came; what was understood of a line stands beside it.
create table entry (
    terminal    integer not null references terminal (id),
    seq         integer not null,
    body        text not null,
    hash        blob not null,
    received_at integer not null,
    at          integer,
    day         text,
    pass        blob,
    direction   text,
    went_through integer,
    primary key (terminal, seq)
) strict, without rowid;
create index entry_by_pass on entry (pass, at) where pass is not null;
create index entry_by_day on entry (day);

-- Lines nobody could read: kept, told, and in nobody's way.
create table poison (
    terminal integer not null,
    seq      integer not null,
    why      text not null,
    primary key (terminal, seq),
    foreign key (terminal, seq) references entry (terminal, seq)
) strict, without rowid;

-- One pass let in twice, at two terminals, without leaving between.
create table conflict (
    pass            blob not null,
    first_terminal  integer not null,
    first_seq       integer not null,
    second_terminal integer not null,
    second_seq      integer not null,
    found_at        integer not null,
    primary key (pass, first_terminal, first_seq, second_terminal, second_seq)
) strict, without rowid;
