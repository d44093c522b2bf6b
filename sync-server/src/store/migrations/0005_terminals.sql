create table invite (
    code       blob primary key,       -- SHA-256 of 80 random bits
    campus     integer not null,
    gate       integer not null,
    expires_at integer not null,
    terminal   integer references terminal (id)  -- who used it
) strict, without rowid;

create table terminal (
    id          integer primary key autoincrement,
    campus      integer not null,
    gate        integer not null,
    public      text not null,
    enrolled_at integer not null,
    withdrawn_at integer,
    seen_at     integer,               -- last signed request
    head_seq    integer not null default 0,
    head_hash   blob not null
) strict;

create table nonce (
    terminal integer not null,
    nonce    text not null,
    at       integer not null,
    primary key (terminal, nonce)
) strict, without rowid;
create index nonce_by_age on nonce (at);
