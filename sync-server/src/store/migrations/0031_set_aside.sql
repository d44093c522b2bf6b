-- What a terminal pushed after it was withdrawn: in no log and told to no gate, for people to read.
create table set_aside (
    terminal    integer not null references terminal (id),
    seq         integer not null,
    body        text not null,
    received_at integer not null,
    primary key (terminal, seq, body)
) strict, without rowid;

-- Pushes that did not hold, and the number at which they stopped holding.
create table push_fault (
    terminal integer not null references terminal (id),
    what     text not null check (what in ('fork', 'altered', 'head')),
    seq      integer not null,
    first_at integer not null,
    last_at  integer not null,
    times    integer not null,
    primary key (terminal, what, seq)
) strict, without rowid;
