-- Everything that is counted against a limit, in one place; forgotten after a day.
create table attempt (
    what text not null,                -- see `Counted`
    who  text not null,                -- a phone number or a network address
    at   integer not null
) strict;
create index attempt_by_who on attempt (what, who, at);
create index attempt_by_age on attempt (at);
insert into attempt
    select 'code_sent', phone, at from code_request
    union all
    select 'code_sent', address, at from code_request;
drop table code_request;

-- One code per phone and browser: only the browser that asked can use one up. Codes under way are asked for again.
drop table sign_in_code;
create table sign_in_code (
    phone      text not null,
    browser    blob not null,          -- SHA-256 of the secret in its cookie
    code       blob not null,          -- keyed hash: six digits are guessed in no time
    expires_at integer not null,
    left       integer not null,       -- tries
    notice     integer not null references notice (id),
    primary key (phone, browser)
) strict, without rowid;
