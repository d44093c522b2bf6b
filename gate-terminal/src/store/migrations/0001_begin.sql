-- Where this terminal stands and whom it trusts: one row, written at enrolment.
create table post (
    one integer primary key check (one = 1),
    terminal integer not null,
    campus integer not null,
    gate integer not null,
    root blob not null,
    -- It is not earlier than this.
    floor_ms integer not null
) strict;

-- The terminal's own chain. Numbers go on from the last row, which is never deleted.
create table entry (
    seq integer primary key check (seq > 0),
    -- The exact text that the hash covers.
    body text not null,
    hash blob not null check (length(hash) = 32),
    at_ms integer not null
) strict;

create index entry_by_moment on entry (at_ms);

-- The newest countersignature of the server.
create table receipt (
    one integer primary key check (one = 1),
    seq integer not null,
    sealed text not null
) strict;

-- How far the feed was followed: one row, from the first news on.
create table followed (
    one integer primary key check (one = 1),
    epoch integer not null,
    seq integer not null,
    hash blob not null check (length(hash) = 32),
    proven_ms integer not null,
    -- Both absent until the terminal has known everything at least once.
    as_of_ms integer,
    valid_for_s integer,
    key_set text
) strict;

create table places (
    one integer primary key check (one = 1),
    body text not null
) strict;

create table pass (
    id blob primary key check (length(id) = 8),
    day text not null,
    record text not null
) strict, without rowid;

create index pass_by_day on pass (day);

create table revoked (
    pass blob primary key check (length(pass) = 8),
    at_ms integer not null
) strict, without rowid;

create table watched (
    pass blob primary key check (length(pass) = 8)
) strict, without rowid;

-- Who went through which gate, as the feed told it.
create table movement (
    terminal integer not null,
    seq integer not null,
    pass blob not null check (length(pass) = 8),
    went text not null check (went in ('in', 'out')),
    at_ms integer not null,
    gate integer not null,
    primary key (terminal, seq)
) strict, without rowid;
