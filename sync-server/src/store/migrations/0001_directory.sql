-- Who can be visited. Rows are never deleted: old bookings name them.
create table staff (
    number     text primary key,
    name       text not null,
    folded     text not null,          -- the name as it is compared
    department text not null,
    phone      text not null,
    wecom_id   text,
    hall_id    text,
    left_at    integer                 -- ms; no longer in the directory
) strict, without rowid;
create index staff_by_phone on staff (phone);
create index staff_by_name on staff (folded);
