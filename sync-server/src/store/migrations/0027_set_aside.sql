-- What a terminal brought after it was withdrawn: nobody vouches for it, and it is no part of the entry log.
create table set_aside (
    terminal    integer not null references terminal (id),
    seq         integer not null,
    hash        blob not null,          -- SHA-256 of the body: one number may be told in two ways
    body        text not null,
    received_at integer not null,
    primary key (terminal, seq, hash)
) strict, without rowid;
