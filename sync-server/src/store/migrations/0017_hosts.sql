-- Who decides for a host who is away; one at a time.
create table deputy (
    host        text primary key references staff (number),
    deputy      text not null references staff (number),
    from_day    text not null,
    through_day text not null,
    named_at    integer not null
) strict, without rowid;
create index deputy_by_deputy on deputy (deputy);

-- Whose right to decide a link is; null: the booking's host.
alter table approval_link add column holder text references staff (number);

-- A host's own invitation: one link at a time, for as many visitors as the host gives it to.
create table invitation (
    host       text primary key references staff (number),
    hash       blob not null unique,   -- SHA-256 of the token
    sealed     blob not null,          -- the token, so that the host can be shown it again
    expires_at integer not null
) strict, without rowid;
