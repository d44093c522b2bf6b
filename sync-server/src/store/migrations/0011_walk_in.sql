-- Bookings that a guard took down, by what the terminal calls them: asked for twice, they are one.
create table walk_in (
    terminal integer not null references terminal (id),
    number   integer not null,
    booking  integer not null unique references booking (id),
    primary key (terminal, number)
) strict, without rowid;

-- How many come along whom nobody named.
alter table booking add column unnamed integer not null default 0;
