-- A session speaks for a phone that was proven, or for a member of staff whom another house named: never for both.
create table session_of (
    token      blob primary key,       -- SHA-256
    phone      text,
    staff      text,                   -- staff number
    expires_at integer not null,
    idle_ms    integer not null,
    seen_at    integer not null,
    check ((phone is null) <> (staff is null))
) strict, without rowid;
insert into session_of select token, phone, null, expires_at, idle_ms, seen_at from session;
drop table session;
alter table session_of rename to session;
