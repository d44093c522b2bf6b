-- One code per phone at a time. The hash is keyed: six digits are guessed in no time.
create table sign_in_code (
    phone      text primary key,
    code       blob not null,
    expires_at integer not null,
    left       integer not null        -- attempts
) strict, without rowid;

-- Every code asked for, for the limits; forgotten after a day.
create table code_request (
    phone   text not null,
    address text not null,
    at      integer not null
) strict;
create index code_request_by_phone on code_request (phone, at);
create index code_request_by_address on code_request (address, at);

create table session (
    token      blob primary key,       -- SHA-256
    phone      text not null,
    expires_at integer not null,
    idle_ms    integer not null,
    seen_at    integer not null
) strict, without rowid;
