-- What retention erases is nullable; `anonymous` rows say only that somebody came.
create table booking (
    id             integer primary key autoincrement,
    made_at        integer not null,
    booked_by      text,               -- phone of the signed-in visitor; null when the host booked
    consent        text not null,      -- version of the privacy text that was agreed to
    host           text not null references staff (number),
    campus         integer not null,
    day            text not null,
    from_minute    integer not null,
    until_minute   integer not null,
    visitor        text,
    phone          text,
    reason         text,
    companions     text,               -- JSON: names
    plates         text,               -- JSON
    document_kind  integer not null,
    last_four      integer,
    document       blob,               -- sealed
    companion_documents blob,          -- sealed JSON; null when none was given
    document_index blob,               -- keyed hash
    document_tag   text,               -- what terminals compare a card with
    anonymous      integer not null default 0,

    standing       text not null,      -- waiting approved declined cancelled revoked
    decided_at     integer,
    decided_number text,
    decided_name   text,
    decided_via    text,
    decline_reason text,
    ended_at       integer,            -- cancelled or revoked
    ended_by       text,               -- visitor host officer
    ended_number   text,
    ended_name     text,
    ended_reason   text
) strict;
create index booking_by_booker on booking (booked_by);
create index booking_by_phone on booking (phone);
create index booking_by_host on booking (host, standing);
create index booking_by_document on booking (document_index);
create index booking_by_day on booking (day);

-- One per channel; which are dead is read from the booking.
create table approval_link (
    token   blob primary key,          -- SHA-256
    booking integer not null references booking (id),
    channel text not null
) strict, without rowid;
create index approval_link_by_booking on approval_link (booking);

create table pass (
    id        blob primary key,        -- 8 random bytes
    booking   integer not null unique references booking (id),
    campus    integer not null,
    day       text not null,
    issued_at integer not null,
    page      blob not null unique,    -- SHA-256 of the page's token
    page_token blob,                   -- sealed, for the visitor's own list
    sealed    blob,                    -- the pass itself, sealed at rest
    record    text,                    -- JSON of what terminals are told
    published integer not null default 0,
    ended_at  integer
) strict, without rowid;
create index pass_by_day on pass (day, published);

create table watched (
    document_index blob primary key,
    kind      integer not null,
    last_four integer not null,
    note      text not null,
    since     integer not null
) strict, without rowid;
