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
