-- Codes under way are asked for again.
drop table sign_in_code;
create table sign_in_code (
    phone      text not null,
    browser    blob not null,          -- SHA-256 of the secret in its cookie
    code       blob not null,          -- keyed hash: six digits are guessed in no time
    asked_at   integer not null,       -- the first of those that this browser was sent and has not used
    expires_at integer not null,
    left       integer not null,       -- tries
    wrong      integer not null default 0, -- guesses at this code and those before it
    sent       integer not null,       -- messages of this browser that it has not used
    lent       integer not null,       -- those of them on the tabs of its networks
    step       integer not null,       -- 2: the second of two
    asker      integer not null,
    address    text not null,          -- the tabs that it stands on
    network    text not null,
    notice     integer references notice (id), -- null: no message left, and no digits fit
    primary key (phone, browser)
) strict, without rowid;

-- Browsers in which a phone has signed in; forgotten half a year after the last time.
create table known_browser (
    phone   text not null,
    browser blob not null,             -- SHA-256 of the secret in its cookie
    seen_at integer not null,
    primary key (phone, browser)
) strict, without rowid;

-- Codes that a network was sent and has not used, and those it has used lately.
create table code_tab (
    network text primary key,
    owed    integer not null,
    earned  integer not null,
    since   integer not null,
    day     text not null
) strict, without rowid;

-- Codes of this minute, hour and day, guesses at them and pauses.
create table code_book (
    only integer primary key check (only = 1),
    book text not null                 -- JSON
) strict;

create index notice_of_codes on notice (id) where kind = 'sign_in_code';
